#include "manage_fixture.h"

static struct fixture fixture;

static json_t *texts(const char *text)
{
	return json_pack("{s:[s]}", "texts", text);
}

TEST(what_is_no_address_saves_nothing)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	expect_refusal(ask(&fixture, NULL, "allow.add",
			   json_pack("{s:[s, s]}", "texts", "192.0.2.1", "192.0.2.300")),
		       "invalid", "192.0.2.300");
	expect_refusal(ask(&fixture, NULL, "allow.add", texts("143.11.129.0/24")),
		       "ambiguous_notation", "143.11.129.0/24");
	expect_refusal(ask(&fixture, NULL, "allow.add", json_pack("{s:[]}", "texts")), "invalid",
		       "texts");
	json_t *list = expect_result(ask(&fixture, NULL, "allow.list", NULL));
	assert_int_equal(json_array_size(at(list, "addresses")), 0);
	json_decref(list);
	fixture_close(&fixture);
}

TEST(ip_06_everywhere_needs_its_confirmation)
{
	static const char *const everywhere[] = { "0.0.0.0/0", "::/0", "0.0.0.0-255.255.255.255" };

	fixture_open(&fixture);
	make_account(&fixture, "one");
	for (size_t i = 0; i < ARRAY_LEN(everywhere); i++)
		expect_refusal(ask(&fixture, NULL, "allow.add", texts(everywhere[i])),
			       "needs_confirmation", "--confirm=any");
	expect_refusal(ask(&fixture, NULL, "allow.add",
			   json_pack("{s:[s], s:s}", "texts", "::/0", "confirm", "yes")),
		       "needs_confirmation", "--confirm=any");
	do_verb(&fixture, NULL, "allow.add",
		json_pack("{s:[s], s:s}", "texts", "::/0", "confirm", "any"));
	assert_int_equal(count_audited(&fixture, "allow.add"), 1);
	fixture_close(&fixture);
}

TEST(what_was_understood_is_shown_first_and_saved_once)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	json_t *preview = expect_result(
		ask(&fixture, NULL, "allow.preview", texts("last-octet 143.11.129.0/31")));
	const json_t *item = json_array_get(at(preview, "items"), 0);

	assert_string_equal(text_at(item, "first"), "143.11.129.0");
	assert_string_equal(text_at(item, "last"), "143.11.129.31");
	assert_true(json_is_false(at(item, "present")));
	json_decref(preview);

	do_verb(&fixture, NULL, "allow.add", texts("last-octet 143.11.129.0/31"));
	json_t *again =
		expect_result(ask(&fixture, NULL, "allow.add",
				  json_pack("{s:[s, s, s]}", "texts", "143.11.129.0-143.11.129.31",
					    "192.0.2.7", "192.0.2.7")));
	assert_true(json_is_true(at(json_array_get(at(again, "items"), 0), "present")));
	json_decref(again);
	json_t *list = expect_result(ask(&fixture, NULL, "allow.list", NULL));
	assert_int_equal(json_array_size(at(list, "addresses")), 2);
	json_decref(list);
	fixture_close(&fixture);
}

static bool is_allowed(const char *address)
{
	json_t *result = expect_result(
		ask(&fixture, NULL, "allow.test", json_pack("{s:s}", "address", address)));
	bool allowed = json_is_true(at(result, "allowed"));

	json_decref(result);
	return allowed;
}

TEST(an_address_is_tried_before_a_device_does)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	assert_false(is_allowed("192.0.2.1"));
	do_verb(&fixture, NULL, "allow.add", texts("cidr 192.0.2.0/24"));
	assert_true(is_allowed("192.0.2.1"));
	assert_true(is_allowed("::ffff:192.0.2.1"));
	assert_false(is_allowed("192.0.3.1"));
	expect_refusal(ask(&fixture, NULL, "allow.test", json_pack("{s:s}", "address", "here")),
		       "invalid", "here");
	fixture_close(&fixture);
}

TEST(co_22_the_last_address_needs_a_confirmation_where_devices_would_be_locked_out)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	make_root(&fixture, NULL, "root");
	make_profile(&fixture, NULL, "sensors", "root");
	do_verb(&fixture, NULL, "allow.add",
		json_pack("{s:[s, s]}", "texts", "192.0.2.1", "192.0.2.2"));
	do_verb(&fixture, NULL, "allow.remove", json_pack("{s:i}", "id", 1));
	expect_refusal(ask(&fixture, NULL, "allow.remove", json_pack("{s:i}", "id", 2)),
		       "needs_confirmation", "1 active profile");
	do_verb(&fixture, NULL, "allow.remove",
		json_pack("{s:i, s:s}", "id", 2, "confirm", "last"));
	expect_refusal(ask(&fixture, NULL, "allow.remove", json_pack("{s:i}", "id", 2)),
		       "not_found", "2");
	fixture_close(&fixture);
}

TEST_MAIN(RUN(what_is_no_address_saves_nothing), RUN(ip_06_everywhere_needs_its_confirmation),
	  RUN(what_was_understood_is_shown_first_and_saved_once),
	  RUN(an_address_is_tried_before_a_device_does),
	  RUN(co_22_the_last_address_needs_a_confirmation_where_devices_would_be_locked_out))
