/* What reaches the verbs at all: the envelope, and whose things a request may touch. */
#include "manage_fixture.h"

static struct fixture fixture;

static void refuse(const char *text, const char *code, const char *part)
{
	expect_refusal(ask_text(&fixture, text), code, part);
}

TEST(what_is_no_request_is_refused)
{
	fixture_open(&fixture);
	refuse("", "invalid", "no JSON");
	refuse("{", "invalid", "no JSON");
	refuse("[]", "invalid", "no JSON object");
	refuse("{\"verb\": \"status\"} {}", "invalid", "no JSON");
	refuse("{}", "invalid", "verb");
	refuse("{\"verb\": 1}", "invalid", "verb");
	refuse("{\"verb\": \"ca.eat\"}", "invalid", "ca.eat");
	refuse("{\"verb\": \"status\", \"verb\": \"status\"}", "invalid", "no JSON");
	refuse("{\"verb\": \"status\", \"extra\": 1}", "invalid", "extra");
	refuse("{\"verb\": \"status\", \"params\": []}", "invalid", "params");
	refuse("{\"verb\": \"status\", \"params\": {\"a\": 1}}", "invalid", "params.a");
	refuse("{\"verb\": \"status\", \"account\": \"none\"}", "not_found", "none");
	fixture_close(&fixture);
}

TEST(a_deep_request_is_refused_before_it_is_parsed)
{
	char text[4096] = "";

	fixture_open(&fixture);
	memset(text, '[', sizeof text - 1);
	refuse(text, "invalid", "nested");
	/* brackets inside a text are text */
	json_t *result = expect_result(
		ask_text(&fixture, "{\"verb\": \"account.create\", \"params\": {\"name\": \"a\", "
				   "\"oid_arc\": null}, \"account\": null}"));
	json_decref(result);
	refuse("{\"verb\": \"[[[[[[[[[[[[[[[[[\\\"[[[[[\"}", "invalid", "there is no");
	fixture_close(&fixture);
}

TEST(a_secret_in_a_broken_request_is_not_quoted)
{
	fixture_open(&fixture);
	json_t *reply = ask_text(&fixture, "{\"verb\": \"profile.passphrase\", \"params\": "
					   "{\"passphrase\": \"hush-hush\" oops}}");
	char *text = json_dumps(reply, 0);

	assert_null(strstr(text, "hush"));
	free(text);
	json_decref(reply);
	fixture_close(&fixture);
}

TEST(an_account_is_needed_and_guessed_only_when_it_is_the_only_one)
{
	fixture_open(&fixture);
	expect_refusal(ask(&fixture, NULL, "ca.list", NULL), "not_found", "account create");
	make_account(&fixture, "one");
	do_verb(&fixture, NULL, "ca.list", NULL);
	make_account(&fixture, "two");
	expect_refusal(ask(&fixture, NULL, "ca.list", NULL), "invalid", "one, two");
	do_verb(&fixture, "two", "ca.list", NULL);
	fixture_close(&fixture);
}

TEST(v9_another_accounts_objects_are_not_found)
{
	fixture_open(&fixture);
	make_account(&fixture, "mine");
	make_account(&fixture, "theirs");
	make_root(&fixture, "theirs", "root");
	make_profile(&fixture, "theirs", "sensors", "root");
	do_verb(&fixture, "theirs", "allow.add", json_pack("{s:[s]}", "texts", "192.0.2.1"));
	do_verb(&fixture, "theirs", "trust.add", json_pack("{s:s}", "ca", "root"));

	expect_refusal(ask(&fixture, "mine", "ca.show", json_pack("{s:s}", "name", "root")),
		       "not_found", "root");
	expect_refusal(ask(&fixture, "mine", "ca.retire", json_pack("{s:s}", "name", "root")),
		       "not_found", "root");
	expect_refusal(ask(&fixture, "mine", "ca.create",
			   json_pack("{s:s, s:s, s:s}", "name", "sub", "subject", "CN=sub",
				     "parent", "root")),
		       "not_found", "root");
	expect_refusal(ask(&fixture, "mine", "profile.show", json_pack("{s:s}", "name", "sensors")),
		       "not_found", "sensors");
	expect_refusal(ask(&fixture, "mine", "profile.passphrase",
			   json_pack("{s:s, s:b}", "name", "sensors", "generate", 1)),
		       "not_found", "sensors");
	expect_refusal(ask(&fixture, "mine", "profile.create",
			   json_pack("{s:s, s:s, s:s}", "name", "p", "template",
				     "client-authentication", "ca", "root")),
		       "not_found", "root");
	expect_refusal(ask(&fixture, "mine", "trust.add", json_pack("{s:s}", "ca", "root")),
		       "not_found", "root");
	expect_refusal(ask(&fixture, "mine", "trust.remove", json_pack("{s:i}", "id", 1)),
		       "not_found", "1");
	expect_refusal(ask(&fixture, "mine", "allow.remove", json_pack("{s:i}", "id", 1)),
		       "not_found", "1");
	expect_refusal(ask(&fixture, "mine", "node.certificate",
			   json_pack("{s:s, s:[s]}", "ca", "root", "hosts", "localhost")),
		       "not_found", "root");
	expect_refusal(
		ask(&fixture, "mine", "profile.default", json_pack("{s:s}", "name", "sensors")),
		"not_found", "sensors");
	fixture_close(&fixture);
}

TEST(v9_a_profile_cannot_be_pointed_at_another_accounts_ca)
{
	fixture_open(&fixture);
	make_account(&fixture, "mine");
	make_account(&fixture, "theirs");
	make_root(&fixture, "mine", "root");
	make_root(&fixture, "theirs", "other");
	make_profile(&fixture, "mine", "sensors", "root");
	json_t *shown = expect_result(
		ask(&fixture, "theirs", "ca.show", json_pack("{s:s}", "name", "other")));
	json_int_t their_id = json_integer_value(at(at(shown, "ca"), "id"));

	expect_refusal(
		ask(&fixture, "mine", "profile.set",
		    json_pack("{s:s, s:{s:I}}", "name", "sensors", "patch", "ca_id", their_id)),
		"invalid", "ca_id");
	expect_refusal(
		ask(&fixture, "mine", "profile.create",
		    json_pack("{s:s, s:s, s:s, s:{s:I}}", "name", "p2", "template",
			      "client-authentication", "ca", "root", "patch", "ca_id", their_id)),
		"invalid", "ca_id");
	expect_refusal(ask(&fixture, "mine", "profile.set",
			   json_pack("{s:s, s:{s:s}}", "name", "sensors", "patch", "ca", "other")),
		       "not_found", "other");
	json_decref(shown);
	fixture_close(&fixture);
}

TEST(reading_tells_nobody_and_changing_tells_once)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	assert_int_equal(fixture.changes, 1);
	do_verb(&fixture, NULL, "status", NULL);
	do_verb(&fixture, NULL, "account.show", NULL);
	expect_refusal(ask(&fixture, NULL, "account.create", json_pack("{s:s}", "name", "one")),
		       "conflict", "");
	assert_int_equal(fixture.changes, 1);
	assert_int_equal(count_audited(&fixture, "account.create"), 1);
	fixture_close(&fixture);
}

TEST_MAIN(RUN(what_is_no_request_is_refused), RUN(a_deep_request_is_refused_before_it_is_parsed),
	  RUN(a_secret_in_a_broken_request_is_not_quoted),
	  RUN(an_account_is_needed_and_guessed_only_when_it_is_the_only_one),
	  RUN(v9_another_accounts_objects_are_not_found),
	  RUN(v9_a_profile_cannot_be_pointed_at_another_accounts_ca),
	  RUN(reading_tells_nobody_and_changing_tells_once))
