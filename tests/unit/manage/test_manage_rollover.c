#include "manage_fixture.h"

#include "pki/bundle.h"
#include "ra/cacerts.h"

static struct fixture fixture;

static json_t *start(const char *old, const char *new)
{
	return ask(&fixture, NULL, "rollover.start",
		   json_pack("{s:s, s:s}", "name", old, "successor", new));
}

static void open_with_profile(void)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	make_root(&fixture, NULL, "root");
	make_issuing(&fixture, NULL, "issuing", "root");
	make_profile(&fixture, NULL, "sensors", "issuing");
}

static size_t count_cacerts(const char *ca_name)
{
	struct catalog *catalog = NULL;
	struct error err = { 0 };
	struct cacerts cacerts;

	EXPECT_OK(store_catalog_load(fixture.store, &catalog, &err), err);
	cacerts_collect(catalog, catalog_ca_by_name(catalog, 1, ca_name), &cacerts);
	catalog_unref(catalog);
	return cacerts.count;
}

TEST(what_cannot_be_replaced_is_refused_and_leaves_nothing)
{
	open_with_profile();
	expect_refusal(start("none", "new"), "not_found", "none");
	expect_refusal(start("root", "issuing"), "conflict", "there is a CA");
	expect_refusal(ask(&fixture, NULL, "rollover.start",
			   json_pack("{s:s, s:s, s:b}", "name", "root", "successor", "issuing",
				     "existing", 1)),
		       "invalid", "root");
	do_verb(&fixture, NULL, "ca.retire", json_pack("{s:s}", "name", "root"));
	expect_refusal(start("root", "new"), "conflict", "retired");
	expect_refusal(ask(&fixture, NULL, "ca.show", json_pack("{s:s}", "name", "new")),
		       "not_found", "new");
	assert_int_equal(count_cacerts("issuing"), 2);
	assert_int_equal(count_audited(&fixture, "rollover.start"), 0);
	fixture_close(&fixture);
}

TEST(a_ca_is_replaced_once_at_a_time)
{
	open_with_profile();
	json_decref(expect_result(start("issuing", "next")));
	expect_refusal(start("issuing", "other"), "conflict", "next");
	json_decref(expect_result(start("next", "after-next")));
	fixture_close(&fixture);
}

TEST(cacerts_grow_with_each_rollover_that_concerns_the_chain_and_no_other)
{
	open_with_profile();
	make_issuing(&fixture, NULL, "beside", "root");
	assert_int_equal(count_cacerts("issuing"), 2);
	json_decref(expect_result(start("beside", "beside-2")));
	assert_int_equal(count_cacerts("issuing"), 2);
	json_decref(expect_result(start("root", "root-2")));
	assert_int_equal(count_cacerts("issuing"), 5);
	json_decref(expect_result(start("issuing", "issuing-2")));
	assert_int_equal(count_cacerts("issuing"), 6);
	assert_int_equal(count_cacerts("issuing-2"), 6);
	do_verb(&fixture, NULL, "rollover.switch", json_pack("{s:s}", "name", "issuing"));
	do_verb(&fixture, NULL, "rollover.finish", json_pack("{s:s}", "name", "issuing"));
	do_verb(&fixture, NULL, "rollover.finish", json_pack("{s:s}", "name", "root"));
	assert_int_equal(count_cacerts("issuing-2"), 2);
	fixture_close(&fixture);
}

TEST(what_a_record_cannot_hold_is_told)
{
	assert_true(cacerts_fit(11000));
	assert_false(cacerts_fit(11600));
}

TEST(the_new_ca_is_trusted_where_the_old_one_is)
{
	open_with_profile();
	json_t *result = expect_result(start("issuing", "untrusted"));
	assert_true(json_is_false(at(at(at(result, "rollover"), "new"), "trusted")));
	json_decref(result);
	do_verb(&fixture, NULL, "trust.add", json_pack("{s:s}", "ca", "untrusted"));
	result = expect_result(start("untrusted", "trusted"));
	assert_true(json_is_true(at(at(at(result, "rollover"), "new"), "trusted")));
	json_decref(result);
	result = expect_result(ask(&fixture, NULL, "rollover.start",
				   json_pack("{s:s, s:s, s:b}", "name", "trusted", "successor",
					     "by-hand", "no_trust", 1)));
	assert_true(json_is_false(at(at(at(result, "rollover"), "new"), "trusted")));
	json_decref(result);
	fixture_close(&fixture);
}

TEST(profiles_of_another_account_are_not_switched)
{
	open_with_profile();
	make_account(&fixture, "two");
	make_root(&fixture, "two", "root");
	expect_refusal(ask(&fixture, "two", "rollover.start",
			   json_pack("{s:s, s:s}", "name", "issuing", "successor", "x")),
		       "not_found", "issuing");
	do_verb(&fixture, "one", "rollover.start",
		json_pack("{s:s, s:s}", "name", "issuing", "successor", "next"));
	expect_refusal(
		ask(&fixture, "two", "rollover.switch", json_pack("{s:s}", "name", "issuing")),
		"not_found", "issuing");
	expect_refusal(ask(&fixture, "two", "ca.renew", json_pack("{s:s}", "name", "issuing")),
		       "not_found", "issuing");
	fixture_close(&fixture);
}

TEST(a_disabled_ca_is_not_renewed_and_chains_below_a_renewed_one_follow)
{
	open_with_profile();
	do_verb(&fixture, NULL, "ca.renew",
		json_pack("{s:s, s:s}", "name", "root", "validity", "20y"));
	char *root = export_ca(&fixture, NULL, "root");
	json_t *chain = expect_result(ask(&fixture, NULL, "ca.export",
					  json_pack("{s:s, s:b}", "name", "issuing", "chain", 1)));
	assert_non_null(strstr(text_at(chain, "pem"), root));
	json_decref(chain);
	free(root);
	assert_int_equal(count_cacerts("issuing"), 2);
	do_verb(&fixture, NULL, "ca.disable", json_pack("{s:s}", "name", "root"));
	expect_refusal(ask(&fixture, NULL, "ca.renew", json_pack("{s:s}", "name", "root")),
		       "conflict", "disabled");
	fixture_close(&fixture);
}

TEST_MAIN(RUN(what_cannot_be_replaced_is_refused_and_leaves_nothing),
	  RUN(a_ca_is_replaced_once_at_a_time),
	  RUN(cacerts_grow_with_each_rollover_that_concerns_the_chain_and_no_other),
	  RUN(what_a_record_cannot_hold_is_told), RUN(the_new_ca_is_trusted_where_the_old_one_is),
	  RUN(profiles_of_another_account_are_not_switched),
	  RUN(a_disabled_ca_is_not_renewed_and_chains_below_a_renewed_one_follow))
