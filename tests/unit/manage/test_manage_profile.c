#include "manage_fixture.h"

static struct fixture fixture;

static void begin(void)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	make_root(&fixture, NULL, "root");
}

static json_t *set(const char *path, json_t *value)
{
	return ask(&fixture, NULL, "profile.set",
		   json_pack("{s:s, s:{s:o}}", "name", "sensors", "patch", path, value));
}

static json_t *show(void)
{
	return expect_result(
		ask(&fixture, NULL, "profile.show", json_pack("{s:s}", "name", "sensors")));
}

TEST(what_makes_no_profile_is_refused)
{
	begin();
	expect_refusal(
		ask(&fixture, NULL, "profile.create",
		    json_pack("{s:s, s:s, s:s}", "name", "p", "template", "toaster", "ca", "root")),
		"invalid", "toaster");
	expect_refusal(ask(&fixture, NULL, "profile.create",
			   json_pack("{s:s, s:s, s:s, s:s}", "name", "p", "template",
				     "generic-device", "ca", "root", "auth", "smile")),
		       "invalid", "auth");
	expect_refusal(ask(&fixture, NULL, "profile.create",
			   json_pack("{s:s, s:s, s:s, s:s}", "name", "p", "template",
				     "generic-device", "ca", "root", "oid", "1.2.x")),
		       "invalid", "1.2.x");
	expect_refusal(ask(&fixture, NULL, "profile.create",
			   json_pack("{s:s, s:s, s:s, s:{s:i}}", "name", "p", "template",
				     "generic-device", "ca", "root", "patch", "colour", 1)),
		       "invalid", "colour");
	expect_refusal(ask(&fixture, NULL, "profile.create",
			   json_pack("{s:s, s:s, s:s, s:[s]}", "name", "p", "template",
				     "generic-device", "ca", "root", "aliases", "simpleenroll")),
		       "invalid", "simpleenroll");
	assert_int_equal(count_audited(&fixture, "profile.create"), 0);
	fixture_close(&fixture);
}

TEST(saving_gives_the_oid_and_the_url)
{
	begin();
	json_t *made = expect_result(
		ask(&fixture, NULL, "profile.create",
		    json_pack("{s:s, s:s, s:s, s:s, s:[s], s:s}", "name", "sensors", "template",
			      "client-authentication", "ca", "root", "auth", "passphrase",
			      "aliases", "plant/3", "oid", "1.2.3.4.5")));
	const json_t *profile = at(made, "profile");

	assert_string_equal(text_at(profile, "oid"), "1.2.3.4.5");
	assert_string_equal(text_at(profile, "ca"), "root");
	assert_string_equal(text_at(profile, "auth"), "passphrase");
	assert_string_equal(json_string_value(json_array_get(at(made, "urls"), 0)),
			    "https://est.test:8443/.well-known/est/1.2.3.4.5");
	assert_string_equal(json_string_value(json_array_get(at(made, "urls"), 1)),
			    "https://est.test:8443/.well-known/est/plant/3");
	/* the CA is in no EST authentication yet, and more */
	assert_true(json_array_size(at(made, "warnings")) > 0);
	json_decref(made);
	fixture_close(&fixture);
}

TEST(an_oid_or_alias_is_never_given_twice)
{
	begin();
	make_profile(&fixture, NULL, "sensors", "root");
	json_t *shown = show();
	expect_refusal(
		ask(&fixture, NULL, "profile.create",
		    json_pack("{s:s, s:s, s:s, s:s}", "name", "p2", "template", "generic-device",
			      "ca", "root", "oid", text_at(at(shown, "profile"), "oid"))),
		"conflict", "");
	json_decref(shown);
	expect_refusal(ask(&fixture, NULL, "profile.create",
			   json_pack("{s:s, s:s, s:s}", "name", "sensors", "template",
				     "generic-device", "ca", "root")),
		       "conflict", "");
	fixture_close(&fixture);
}

TEST(oids_grow_below_the_accounts_arc)
{
	begin();
	do_verb(&fixture, NULL, "account.set",
		json_pack("{s:s}", "oid_arc", "1.3.6.1.4.1.99999.5"));
	make_profile(&fixture, NULL, "first", "root");
	make_profile(&fixture, NULL, "sensors", "root");
	json_t *shown = show();
	assert_string_equal(text_at(at(shown, "profile"), "oid"), "1.3.6.1.4.1.99999.5.2");
	json_decref(shown);
	expect_refusal(ask(&fixture, NULL, "account.set", json_pack("{s:s}", "oid_arc", "arc")),
		       "invalid", "arc");
	fixture_close(&fixture);
}

TEST(a_change_is_checked_versioned_and_told)
{
	begin();
	make_profile(&fixture, NULL, "sensors", "root");
	expect_refusal(set("validity", json_string("forever")), "invalid", "validity");
	expect_refusal(set("version", json_integer(9)), "invalid", "version");
	expect_refusal(set("oid", json_string("1.2.3")), "invalid", "oid");
	expect_refusal(set("state", json_string("active")), "invalid", "state");
	json_t *changed = expect_result(set("validity", json_string("30d")));
	/* the first change is the version's */
	const json_t *change = json_array_get(at(changed, "changes"), 1);

	assert_int_equal(json_integer_value(at(at(changed, "profile"), "version")), 2);
	assert_string_equal(text_at(change, "field"), "validity");
	assert_string_equal(text_at(change, "after"), "30d");
	json_decref(changed);
	expect_refusal(ask(&fixture, NULL, "profile.set",
			   json_pack("{s:s, s:i, s:{s:s}}", "name", "sensors", "version", 1,
				     "patch", "validity", "60d")),
		       "conflict", "version 2");
	assert_int_equal(count_audited(&fixture, "profile.set"), 1);
	fixture_close(&fixture);
}

TEST(a_profile_moves_to_another_ca_but_not_to_a_disabled_one)
{
	begin();
	make_profile(&fixture, NULL, "sensors", "root");
	make_issuing(&fixture, NULL, "issuing", "root");
	do_verb(&fixture, NULL, "ca.disable", json_pack("{s:s}", "name", "issuing"));
	expect_refusal(set("ca", json_string("issuing")), "conflict", "disabled");
	do_verb(&fixture, NULL, "ca.activate", json_pack("{s:s}", "name", "issuing"));
	json_t *changed = expect_result(set("ca", json_string("issuing")));
	assert_string_equal(text_at(at(changed, "profile"), "ca"), "issuing");
	/* told by its name, beside the version */
	assert_int_equal(json_array_size(at(changed, "changes")), 2);
	size_t told = 0, i;
	json_t *change;
	json_array_foreach(at(changed, "changes"), i, change) told +=
		strcmp(text_at(change, "field"), "ca") == 0 &&
		strcmp(text_at(change, "after"), "issuing") == 0;
	assert_int_equal(told, 1);
	json_decref(changed);
	fixture_close(&fixture);
}

TEST(a_profile_is_suspended_and_resumed)
{
	begin();
	make_profile(&fixture, NULL, "sensors", "root");
	json_t *result = expect_result(
		ask(&fixture, NULL, "profile.suspend", json_pack("{s:s}", "name", "sensors")));
	assert_string_equal(text_at(at(result, "profile"), "state"), "suspended");
	json_decref(result);
	result = expect_result(
		ask(&fixture, NULL, "profile.resume", json_pack("{s:s}", "name", "sensors")));
	assert_string_equal(text_at(at(result, "profile"), "state"), "active");
	json_decref(result);
	fixture_close(&fixture);
}

TEST(one_profile_answers_without_a_label)
{
	begin();
	make_profile(&fixture, NULL, "sensors", "root");
	expect_refusal(ask(&fixture, NULL, "profile.default", NULL), "invalid", "either");
	do_verb(&fixture, NULL, "profile.default", json_pack("{s:s}", "name", "sensors"));
	json_t *shown = show();
	assert_true(json_is_true(at(shown, "default")));
	json_decref(shown);
	do_verb(&fixture, NULL, "profile.default", json_pack("{s:b}", "none", 1));
	shown = show();
	assert_true(json_is_false(at(shown, "default")));
	json_decref(shown);
	fixture_close(&fixture);
}

/* -- passphrases -- */

static json_t *passphrase(json_t *params)
{
	json_object_set_new(params, "name", json_string("sensors"));
	return ask(&fixture, NULL, "profile.passphrase", params);
}

TEST(a_bad_passphrase_is_refused_without_being_told)
{
	begin();
	make_profile(&fixture, NULL, "sensors", "root");
	expect_refusal(passphrase(json_object()), "invalid", "either");
	expect_refusal(passphrase(json_pack("{s:b, s:s}", "generate", 1, "passphrase", "abcdefgh")),
		       "invalid", "either");
	json_t *reply = passphrase(json_pack("{s:s}", "passphrase", "hush"));
	char *text = json_dumps(reply, 0);
	assert_null(strstr(text, "hush"));
	free(text);
	expect_refusal(reply, "invalid", "");
	fixture_close(&fixture);
}

static bool file_holds(const char *name, const char *text)
{
	char command[256];

	snprintf(command, sizeof command, "grep -rqaF -e '%s' %s/%s", text, fixture.folder, name);
	return system(command) == 0;
}

TEST(pp_11_a_generated_passphrase_is_shown_once_and_kept_nowhere)
{
	begin();
	make_profile(&fixture, NULL, "sensors", "root");
	json_t *made = expect_result(passphrase(json_pack("{s:b}", "generate", 1)));
	const char *text = text_at(made, "passphrase");

	assert_true(strlen(text) >= 26);
	assert_false(file_holds("", text));
	assert_true(json_is_null(at(made, "previous_ends")));

	json_t *audit = expect_result(ask(&fixture, NULL, "audit.list", NULL));
	char *log = json_dumps(audit, 0);
	assert_null(strstr(log, text));
	free(log);
	json_decref(audit);
	json_decref(made);
	fixture_close(&fixture);
}

TEST(a_rotation_may_overlap)
{
	begin();
	make_profile(&fixture, NULL, "sensors", "root");
	json_decref(expect_result(passphrase(json_pack("{s:b}", "generate", 1))));
	json_t *made =
		expect_result(passphrase(json_pack("{s:b, s:s}", "generate", 1, "overlap", "7d")));
	char ends[TIME_TEXT_MAX];

	assert_string_equal(text_at(made, "previous_ends"), time_to_text(NOW + 7 * 86400, ends));
	json_decref(made);
	fixture_close(&fixture);
}

TEST_MAIN(RUN(what_makes_no_profile_is_refused), RUN(saving_gives_the_oid_and_the_url),
	  RUN(an_oid_or_alias_is_never_given_twice), RUN(oids_grow_below_the_accounts_arc),
	  RUN(a_change_is_checked_versioned_and_told),
	  RUN(a_profile_moves_to_another_ca_but_not_to_a_disabled_one),
	  RUN(a_profile_is_suspended_and_resumed), RUN(one_profile_answers_without_a_label),
	  RUN(a_bad_passphrase_is_refused_without_being_told),
	  RUN(pp_11_a_generated_passphrase_is_shown_once_and_kept_nowhere),
	  RUN(a_rotation_may_overlap))
