/* Administrators who sign in with a certificate. */
#include "manage_fixture.h"

#include "manage/sign_in.h"
#include "pki/self_signed.h"
#include "store/store_access.h"

static struct fixture fixture;
static struct sign_in *sign_in;
static struct buffer mine, other, ended;

static void make_certificate(int64_t not_after, struct buffer *ret)
{
	struct private_key *key = NULL;
	struct name subject = { 0 };
	struct san san = { 0 };
	struct error err = { 0 };

	EXPECT_OK(name_append(&subject, NAME_COMMON_NAME, "Olga", &err), err);
	EXPECT_OK(san_append(&san, SAN_DNS, "olga.test", &err), err);
	EXPECT_OK(private_key_generate(KEY_P256, 0, &key, &err), err);
	const struct self_signed content = { &subject, &san, NOW - 1000, not_after };
	EXPECT_OK(self_signed_make(&content, key, ret, &err), err);
	private_key_free(key);
	name_done(&subject);
	san_done(&san);
}

static void open_node(void)
{
	struct error err = { 0 };

	fixture_open(&fixture);
	EXPECT_OK(sign_in_new(&sign_in, &err), err);
	fixture.manage.sign_in = sign_in;
	make_certificate(NOW + 1000, &mine);
	make_certificate(NOW + 1000, &other);
	make_certificate(NOW - 1, &ended);
}

static void close_node(void)
{
	buffer_done(&mine);
	buffer_done(&other);
	buffer_done(&ended);
	sign_in_free(sign_in);
	sign_in = NULL;
	fixture_close(&fixture);
}

static void make_olga(char ret_code[65])
{
	json_t *made = expect_result(ask(&fixture, NULL, "administrator.create",
					 json_pack("{s:s, s:s}", "name", "olga", "role", "owner")));

	snprintf(ret_code, 65, "%s", text_at(at(made, "link"), "code"));
	json_decref(made);
}

static void register_for(const char *name, const struct buffer *der)
{
	struct buffer text = { 0 };

	base64_encode(buffer_view(der), 0, &text);
	do_verb(&fixture, NULL, "administrator.certificate",
		json_pack("{s:s, s:s%}", "name", name, "certificate", text.data, text.len - 1));
	buffer_done(&text);
}

static json_t *redeem(const char *code, struct bytes certificate)
{
	struct buffer reply = { 0 };
	json_t *request =
		json_pack("{s:s, s:{s:s}}", "verb", "session.redeem", "params", "code", code);
	char *text = json_dumps(request, 0);
	struct api_request api = { .certificate = certificate, .request = bytes_of_string(text) };

	assert_true(address_parse("192.0.2.1", &api.peer, NULL));
	manage_answer_api(&fixture.manage, &api, &reply);
	json_t *json = json_loadb((const char *)reply.data, reply.len, 0, NULL);
	assert_non_null(json);
	buffer_done(&reply);
	free(text);
	json_decref(request);
	return json;
}

static void expect_last_refusal(const char *reason)
{
	json_t *listed = expect_result(ask(&fixture, NULL, "audit.list", NULL));
	char *text = json_dumps(json_array_get(at(listed, "entries"), 0), 0);

	if (!strstr(text, reason))
		fail_msg("no %s in %s", reason, text);
	free(text);
	json_decref(listed);
}

TEST(without_the_right_one_all_refusals_read_the_same)
{
	static const struct {
		const struct buffer *certificate;
		const char *reason;
	} rows[] = {
		{ NULL, "admin_certificate_missing" },
		{ &other, "admin_certificate_wrong" },
	};
	char code[65];

	open_node();
	make_olga(code);
	register_for("olga", &mine);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bytes shown = rows[i].certificate ? buffer_view(rows[i].certificate)
							 : (struct bytes){ 0 };

		expect_refusal(redeem(code, shown), "bad_sign_in", "name, password");
		expect_last_refusal(rows[i].reason);
	}
	expect_refusal(redeem(code, BYTES_LITERAL("no certificate")), "bad_sign_in",
		       "name, password");
	expect_last_refusal("admin_certificate_wrong");
	json_decref(expect_result(redeem(code, buffer_view(&mine))));
	close_node();
}

TEST(one_that_has_ended_opens_nothing)
{
	char code[65];

	open_node();
	make_olga(code);
	register_for("olga", &ended);
	expect_refusal(redeem(code, buffer_view(&ended)), "bad_sign_in", "name, password");
	expect_last_refusal("admin_certificate_ended");
	close_node();
}

static size_t issuers(bool *ret_any)
{
	struct buffer names = { 0 };
	struct error err = { 0 };

	EXPECT_OK(store_administrator_pin_issuers(fixture.store, &names, ret_any, &err), err);
	size_t len = names.len;
	buffer_done(&names);
	return len;
}

TEST(the_listener_is_told_of_issuers_once_and_until_nobody_needs_one)
{
	char code[65];
	bool any = true;

	open_node();
	make_olga(code);
	assert_int_equal(issuers(&any), 0);
	assert_false(any);
	int changes = fixture.changes;
	register_for("olga", &mine);
	assert_int_equal(fixture.changes, changes + 1);
	size_t one = issuers(&any);
	assert_true(any && one > 0);
	do_verb(&fixture, NULL, "administrator.create",
		json_pack("{s:s, s:s}", "name", "pia", "role", "owner"));
	register_for("pia", &other); /* of the same issuer's name */
	assert_int_equal(issuers(&any), one);
	do_verb(&fixture, NULL, "administrator.remove", json_pack("{s:s}", "name", "olga"));
	do_verb(&fixture, NULL, "administrator.no-certificate", json_pack("{s:s}", "name", "pia"));
	assert_int_equal(issuers(&any), 0);
	assert_false(any);
	close_node();
}

TEST_MAIN(RUN(without_the_right_one_all_refusals_read_the_same),
	  RUN(one_that_has_ended_opens_nothing),
	  RUN(the_listener_is_told_of_issuers_once_and_until_nobody_needs_one))
