#include "manage_fixture.h"

#include "manage/access.h"
#include "manage/sign_in.h"
#include "manage/totp.h"

static struct fixture fixture;
static struct sign_in *sign_in;
static bool in_background;

static void open_node(void)
{
	struct error err = { 0 };

	fixture_open(&fixture);
	/* one for all, as it runs a slow function first */
	if (!sign_in)
		EXPECT_OK(sign_in_new(&sign_in, &err), err);
	fixture.manage.sign_in = sign_in;
	fixture.manage.console_url = "https://console.test:9443";
	make_account(&fixture, "one");
	make_account(&fixture, "two");
}

static void close_node(void)
{
	fixture_close(&fixture);
}

static json_t *ask_as(enum credential_kind kind, const char *credential, const char *account,
		      const char *verb, json_t *params)
{
	struct buffer reply = { 0 };
	json_t *request = json_pack("{s:s, s:s?, s:o}", "verb", verb, "account", account, "params",
				    params ? params : json_object());
	char *text = json_dumps(request, 0);
	struct api_request api = { .kind = kind,
				   .credential = bytes_of_string(credential),
				   .is_background = in_background,
				   .request = bytes_of_string(text) };

	assert_true(address_parse("192.0.2.1", &api.peer, NULL));
	manage_answer_api(&fixture.manage, &api, &reply);
	json_t *json =
		json_loadb((const char *)reply.data, reply.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	buffer_done(&reply);
	free(text);
	json_decref(request);
	return json;
}

static void make_administrator(const char *account, const char *name, const char *role,
			       char ret_code[65])
{
	json_t *made = expect_result(ask(&fixture, account, "administrator.create",
					 json_pack("{s:s, s:s}", "name", name, "role", role)));

	snprintf(ret_code, 65, "%s", text_at(at(made, "link"), "code"));
	json_decref(made);
}

static void redeem(const char *code, char ret_token[65])
{
	json_t *session = expect_result(ask_as(CREDENTIAL_NONE, NULL, NULL, "session.redeem",
					       json_pack("{s:s}", "code", code)));

	snprintf(ret_token, 65, "%s", text_at(session, "token"));
	assert_int_equal(strlen(text_at(session, "csrf")), 64);
	json_decref(session);
}

static void sign_in_as(const char *account, const char *name, const char *role, char ret_token[65])
{
	char code[65];

	make_administrator(account, name, role, code);
	redeem(code, ret_token);
}

TEST(co_04_every_verb_has_its_row_and_every_row_its_verb)
{
	const struct verb *verb;
	size_t count = 0;

	for (; (verb = verb_at(count)) != NULL; count++)
		if (!access_find(verb->name))
			fail_msg("%s has no row in manage/access.c", verb->name);
	assert_null(verb_at(count));
	assert_null(access_find("profile.invent"));
}

TEST(nobody_may_do_anything_but_sign_in)
{
	const struct verb *verb;

	open_node();
	for (size_t i = 0; (verb = verb_at(i)) != NULL; i++) {
		json_t *reply = ask_as(CREDENTIAL_NONE, NULL, "one", verb->name, NULL);
		const char *code =
			json_string_value(json_object_get(json_object_get(reply, "error"), "code"));

		assert_non_null(code); /* nothing answers */
		json_decref(reply);
	}
	expect_refusal(ask_as(CREDENTIAL_NONE, NULL, NULL, "status", NULL), "signed_out", "");
	expect_refusal(ask_as(CREDENTIAL_TOKEN, "est_none", NULL, "status", NULL), "signed_out",
		       "");
	expect_refusal(ask_as(CREDENTIAL_SESSION, "%", NULL, "status", NULL), "signed_out", "");
	expect_refusal(ask_as(CREDENTIAL_SESSION, "", NULL, "status", NULL), "signed_out", "");
	close_node();
}

TEST(co_01_a_link_is_worth_one_use_and_a_session_ends)
{
	char code[65], token[65];

	open_node();
	make_administrator(NULL, "olga", "owner", code);
	expect_refusal(ask_as(CREDENTIAL_NONE, NULL, NULL, "session.redeem",
			      json_pack("{s:s}", "code", "0000")),
		       "bad_sign_in", "link");
	redeem(code, token);
	expect_refusal(ask_as(CREDENTIAL_NONE, NULL, NULL, "session.redeem",
			      json_pack("{s:s}", "code", code)),
		       "bad_sign_in", "link");
	json_decref(expect_result(ask_as(CREDENTIAL_SESSION, token, NULL, "status", NULL)));
	/* a session's token is no API token */
	expect_refusal(ask_as(CREDENTIAL_TOKEN, token, NULL, "status", NULL), "signed_out", "");

	fixture.clock = clock_fixed(NOW + SESSION_IDLE_SECONDS);
	expect_refusal(ask_as(CREDENTIAL_SESSION, token, NULL, "status", NULL), "signed_out", "");
	fixture.clock = clock_fixed(NOW);
	json_decref(expect_result(ask_as(CREDENTIAL_SESSION, token, NULL, "session.end", NULL)));
	expect_refusal(ask_as(CREDENTIAL_SESSION, token, NULL, "status", NULL), "signed_out", "");
	close_node();
}

TEST(co_01_passwords)
{
	char token[65], other[65];
	const char *password = "correct horse battery";

	open_node();
	sign_in_as(NULL, "olga", "owner", token);
	expect_refusal(ask_as(CREDENTIAL_SESSION, token, NULL, "administrator.password",
			      json_pack("{s:s}", "password", "short")),
		       "invalid", "password");
	json_decref(expect_result(ask_as(CREDENTIAL_SESSION, token, NULL, "administrator.password",
					 json_pack("{s:s}", "password", password))));
	/* from now on the present one is needed */
	expect_refusal(ask_as(CREDENTIAL_SESSION, token, NULL, "administrator.password",
			      json_pack("{s:s, s:s}", "password", "another long password",
					"present", "wrong wrong wrong")),
		       "bad_sign_in", "");
	expect_refusal(ask_as(CREDENTIAL_NONE, NULL, NULL, "session.create",
			      json_pack("{s:s, s:s}", "name", "olga", "password", "wrong wrong")),
		       "bad_sign_in", "");
	expect_refusal(ask_as(CREDENTIAL_NONE, NULL, NULL, "session.create",
			      json_pack("{s:s, s:s}", "name", "nobody", "password", password)),
		       "bad_sign_in", "");
	json_t *session = expect_result(
		ask_as(CREDENTIAL_NONE, NULL, NULL, "session.create",
		       json_pack("{s:s, s:s}", "name", "olga", "password", password)));
	snprintf(other, sizeof other, "%s", text_at(session, "token"));
	json_decref(session);
	assert_string_not_equal(token, other);

	json_decref(expect_result(ask(&fixture, NULL, "administrator.create",
				      json_pack("{s:s, s:s}", "name", "second", "role", "owner"))));
	do_verb(&fixture, NULL, "administrator.lock", json_pack("{s:s}", "name", "olga"));
	expect_refusal(ask_as(CREDENTIAL_SESSION, other, NULL, "status", NULL), "signed_out", "");
	expect_refusal(ask_as(CREDENTIAL_NONE, NULL, NULL, "session.create",
			      json_pack("{s:s, s:s}", "name", "olga", "password", password)),
		       "bad_sign_in", "");
	close_node();
}

TEST(co_04_roles_reach_so_far_and_no_farther)
{
	/* verb, and the least role on the account */
	static const struct {
		const char *verb;
		enum role least;
	} rows[] = {
		{ "ca.list", ROLE_AUDITOR },
		{ "audit.list", ROLE_AUDITOR },
		{ "crl.issue", ROLE_RA_OPERATOR },
		{ "profile.create", ROLE_ADMINISTRATOR },
		{ "administrator.create", ROLE_OWNER },
	};
	char tokens[ROLE_COUNT][65];

	open_node();
	for (size_t role = ROLE_AUDITOR; role < ROLE_COUNT; role++)
		sign_in_as("one", role_text((enum role)role), role_text((enum role)role),
			   tokens[role]);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t role = ROLE_AUDITOR; role < ROLE_COUNT; role++) {
			json_t *reply =
				ask_as(CREDENTIAL_SESSION, tokens[role], "one", rows[i].verb, NULL);
			const char *code = json_string_value(
				json_object_get(json_object_get(reply, "error"), "code"));
			bool denied = code && strcmp(code, "not_permitted") == 0;

			assert_true(denied == (role < rows[i].least));
			json_decref(reply);
		}
	/* what is the node's is not an account's owner's */
	expect_refusal(ask_as(CREDENTIAL_SESSION, tokens[ROLE_OWNER], NULL, "account.create",
			      json_pack("{s:s}", "name", "three")),
		       "not_permitted", "the node");
	expect_refusal(ask_as(CREDENTIAL_SESSION, tokens[ROLE_OWNER], NULL, "key.list", NULL),
		       "not_permitted", "the node");
	expect_refusal(ask_as(CREDENTIAL_SESSION, tokens[ROLE_OWNER], NULL, "node.backup",
			      json_pack("{s:s}", "path", "/tmp/x")),
		       "not_permitted", "local socket");
	close_node();
}

/* The same words as for an account that does not exist, for every verb that takes an account. */
TEST(v9_another_account_is_not_there)
{
	const struct verb *verb;
	char token[65];

	open_node();
	sign_in_as("two", "eve", "owner", token);
	for (size_t i = 0; (verb = verb_at(i)) != NULL; i++) {
		json_t *theirs = ask_as(CREDENTIAL_SESSION, token, "one", verb->name, NULL);
		json_t *nothing = ask_as(CREDENTIAL_SESSION, token, "eno", verb->name, NULL);
		const char *detail = json_string_value(
			json_object_get(json_object_get(theirs, "error"), "detail"));

		if (!json_object_get(theirs, "error"))
			fail_msg("%s answers about another account", verb->name);
		if (detail && strstr(detail, "account one"))
			assert_string_equal(text_at(at(theirs, "error"), "code"),
					    text_at(at(nothing, "error"), "code"));
		json_decref(theirs);
		json_decref(nothing);
	}
	json_t *accounts =
		expect_result(ask_as(CREDENTIAL_SESSION, token, NULL, "account.list", NULL));
	assert_int_equal(json_array_size(at(accounts, "accounts")), 1);
	json_decref(accounts);
	/* without a name it is their own, not the node's */
	json_t *status = expect_result(ask_as(CREDENTIAL_SESSION, token, "two", "status", NULL));
	assert_int_equal(json_array_size(at(status, "accounts")), 1);
	json_decref(status);
	expect_refusal(ask_as(CREDENTIAL_SESSION, token, NULL, "status", NULL), "not_permitted",
		       "the node");
	expect_refusal(ask_as(CREDENTIAL_SESSION, token, NULL, "audit.list", NULL), "not_permitted",
		       "the node");
	close_node();
}

TEST(co_23_tokens_are_scoped_and_end)
{
	char token[65], secret[80];

	open_node();
	sign_in_as("one", "adam", "administrator", token);
	expect_refusal(ask_as(CREDENTIAL_SESSION, token, "one", "token.create",
			      json_pack("{s:s, s:s}", "name", "ci", "role", "owner")),
		       "not_permitted", "above your own");
	json_t *made = expect_result(ask_as(
		CREDENTIAL_SESSION, token, "one", "token.create",
		json_pack("{s:s, s:s, s:s}", "name", "ci", "role", "auditor", "lasts", "1h")));
	snprintf(secret, sizeof secret, "%s", text_at(made, "secret"));
	json_decref(made);
	assert_int_equal(strncmp(secret, "est_", 4), 0);

	json_decref(expect_result(ask_as(CREDENTIAL_TOKEN, secret, "one", "ca.list", NULL)));
	json_decref(expect_result(ask_as(CREDENTIAL_TOKEN, secret, NULL, "ca.list", NULL)));
	expect_refusal(ask_as(CREDENTIAL_TOKEN, secret, "two", "ca.list", NULL), "not_found",
		       "account two");
	expect_refusal(ask_as(CREDENTIAL_SESSION, secret, "one", "ca.list", NULL), "signed_out",
		       "");
	expect_refusal(ask_as(CREDENTIAL_TOKEN, secret, NULL, "administrator.password",
			      json_pack("{s:s}", "password", "a long enough password")),
		       "not_permitted", "signed in");
	fixture.clock = clock_fixed(NOW + 3600);
	expect_refusal(ask_as(CREDENTIAL_TOKEN, secret, "one", "ca.list", NULL), "signed_out", "");
	fixture.clock = clock_fixed(NOW);
	do_verb(&fixture, "one", "token.revoke", json_pack("{s:s}", "name", "ci"));
	expect_refusal(ask_as(CREDENTIAL_TOKEN, secret, "one", "ca.list", NULL), "signed_out", "");
	close_node();
}

TEST(co_23_the_last_owner_stays)
{
	char token[65], other[65];

	open_node();
	sign_in_as(NULL, "olga", "owner", token);
	expect_refusal(ask_as(CREDENTIAL_SESSION, token, NULL, "administrator.remove",
			      json_pack("{s:s}", "name", "olga")),
		       "conflict", "last owner");
	expect_refusal(ask_as(CREDENTIAL_SESSION, token, NULL, "administrator.grant",
			      json_pack("{s:s, s:s}", "name", "olga", "role", "auditor")),
		       "conflict", "last owner");
	expect_refusal(ask_as(CREDENTIAL_SESSION, token, NULL, "administrator.lock",
			      json_pack("{s:s}", "name", "olga")),
		       "conflict", "last owner");
	sign_in_as(NULL, "otto", "owner", other);
	json_decref(expect_result(ask_as(CREDENTIAL_SESSION, other, NULL, "administrator.remove",
					 json_pack("{s:s}", "name", "olga"))));
	expect_refusal(ask_as(CREDENTIAL_SESSION, token, NULL, "status", NULL), "signed_out", "");
	close_node();
}

static void make_token(const char *token, const char *account, const char *name, const char *role,
		       enum credential_kind kind, char ret_secret[80])
{
	json_t *made = expect_result(ask_as(kind, token, account, "token.create",
					    json_pack("{s:s, s:s}", "name", name, "role", role)));

	snprintf(ret_secret, 80, "%s", text_at(made, "secret"));
	json_decref(made);
}

static void expect_token(const char *secret, const char *account, bool in_force)
{
	json_t *reply = ask_as(CREDENTIAL_TOKEN, secret, account, "ca.list", NULL);

	if (in_force)
		json_decref(expect_result(reply));
	else
		expect_refusal(reply, "signed_out", "");
}

static int64_t tokens_ended(const char *account, const char *verb, json_t *params)
{
	json_t *result = expect_result(ask(&fixture, account, verb, params));
	int64_t ended = json_integer_value(at(result, "tokens_ended"));

	json_decref(result);
	return ended;
}

TEST(co_23_tokens_end_with_their_makers_rights)
{
	/* what befalls the maker, an administrator of account one with an auditor's token and an
	 * administrator's, and which of them are left */
	static const struct {
		const char *account, *verb, *role;
		int64_t ended;
		bool reading, writing;
	} rows[] = {
		{ NULL, "administrator.remove", NULL, 3, false, false },
		{ NULL, "administrator.lock", NULL, 3, false, false },
		{ "one", "administrator.withdraw", NULL, 3, false, false },
		{ "one", "administrator.grant", "ra-operator", 1, true, false },
		{ "one", "administrator.grant", "auditor", 1, true, false },
		{ "one", "administrator.grant", "administrator", 0, true, true },
		{ "one", "administrator.grant", "owner", 0, true, true },
		{ "two", "administrator.grant", "auditor", 0, true, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char session[65], other[65], reading[80], writing[80], child[80], foreign[80];

		open_node();
		sign_in_as(NULL, "olga", "owner", other);
		sign_in_as("one", "adam", "administrator", session);
		make_token(session, "one", "reading", "auditor", CREDENTIAL_SESSION, reading);
		make_token(session, "one", "writing", "administrator", CREDENTIAL_SESSION, writing);
		make_token(writing, "one", "child", "auditor", CREDENTIAL_TOKEN, child);
		make_token(other, "one", "foreign", "auditor", CREDENTIAL_SESSION, foreign);
		json_t *params =
			rows[i].role ? json_pack("{s:s, s:s}", "name", "adam", "role", rows[i].role)
				     : json_pack("{s:s}", "name", "adam");
		assert_int_equal(tokens_ended(rows[i].account, rows[i].verb, params),
				 rows[i].ended);
		expect_token(reading, "one", rows[i].reading);
		expect_token(child, "one", rows[i].reading);
		expect_token(writing, "one", rows[i].writing);
		expect_token(foreign, "one", true);
		expect_refusal(ask_as(CREDENTIAL_SESSION, session, "one", "ca.list", NULL),
			       "signed_out", "");
		close_node();
	}
}

TEST(co_23_what_ended_does_not_come_back)
{
	char session[65], secret[80], code[65];

	open_node();
	sign_in_as("one", "adam", "administrator", session);
	make_token(session, "one", "ci", "administrator", CREDENTIAL_SESSION, secret);
	assert_int_equal(
		tokens_ended(NULL, "administrator.lock", json_pack("{s:s}", "name", "adam")), 1);
	do_verb(&fixture, NULL, "administrator.unlock", json_pack("{s:s}", "name", "adam"));
	expect_token(secret, "one", false);
	do_verb(&fixture, NULL, "administrator.remove", json_pack("{s:s}", "name", "adam"));
	/* another of the same name, and it may be of the same number */
	make_administrator("one", "adam", "administrator", code);
	expect_token(secret, "one", false);
	json_t *audit = expect_result(ask(&fixture, NULL, "audit.list", NULL));
	char *text = json_dumps(audit, JSON_COMPACT);
	assert_non_null(strstr(text, "\"administrator.lock\",\"object\":\"token ci\""));
	free(text);
	json_decref(audit);
	close_node();
}

/* As far as the store lets it be seen: the next request after an hour without a person. */
TEST(co_01_a_page_that_asks_by_itself_keeps_no_session)
{
	for (int background = 0; background < 2; background++) {
		char token[65];

		open_node();
		sign_in_as(NULL, "olga", "owner", token);
		in_background = background;
		fixture.clock = clock_fixed(NOW + SESSION_IDLE_SECONDS - 1);
		json_decref(
			expect_result(ask_as(CREDENTIAL_SESSION, token, NULL, "event.list", NULL)));
		in_background = false;
		fixture.clock = clock_fixed(NOW + SESSION_IDLE_SECONDS + 1);
		json_t *reply = ask_as(CREDENTIAL_SESSION, token, NULL, "status", NULL);
		if (background)
			expect_refusal(reply, "signed_out", "");
		else
			json_decref(expect_result(reply));
		close_node();
	}
}

/* RFC 6238's own vectors are for its own secret; here the code is made from the secret's text. */
TEST(a_one_time_password_is_used_once)
{
	struct administrator administrator = { .id = 7 };
	struct bytes pepper = BYTES_LITERAL("pepper");
	char secret[TOTP_SECRET_TEXT_MAX], again[TOTP_SECRET_TEXT_MAX];
	struct error err = { 0 };
	unsigned int right = 0;
	char code[7];

	EXPECT_OK(totp_begin(&administrator, &err), err);
	EXPECT_OK(totp_secret_text(&administrator, pepper, secret, &err), err);
	assert_int_equal(strlen(secret), 32);
	EXPECT_OK(totp_begin(&administrator, &err), err);
	EXPECT_OK(totp_secret_text(&administrator, pepper, again, &err), err);
	assert_string_not_equal(secret, again);
	assert_false(totp_check(&administrator, pepper, "", NOW));
	assert_false(totp_check(&administrator, pepper, "12345a", NOW));
	/* of a million codes three are right: this step's, and its neighbours' */
	for (unsigned int i = 0; i < 1000000 && right < 1; i++) {
		snprintf(code, sizeof code, "%06u", i);
		right += totp_check(&administrator, pepper, code, NOW);
	}
	assert_int_equal(right, 1);
	assert_false(totp_check(&administrator, pepper, code, NOW));
}

TEST_MAIN(RUN(co_04_every_verb_has_its_row_and_every_row_its_verb),
	  RUN(nobody_may_do_anything_but_sign_in),
	  RUN(co_01_a_link_is_worth_one_use_and_a_session_ends), RUN(co_01_passwords),
	  RUN(co_04_roles_reach_so_far_and_no_farther), RUN(v9_another_account_is_not_there),
	  RUN(co_23_tokens_are_scoped_and_end), RUN(co_23_the_last_owner_stays),
	  RUN(co_23_tokens_end_with_their_makers_rights), RUN(co_23_what_ended_does_not_come_back),
	  RUN(co_01_a_page_that_asks_by_itself_keeps_no_session),
	  RUN(a_one_time_password_is_used_once))
