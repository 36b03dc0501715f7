#include "manage_fixture.h"

static struct fixture fixture;

static json_t *file(const char *text)
{
	return json_pack("{s:o}", "file", file_param(text));
}

static const char *outcome_of(const json_t *result, size_t i)
{
	return text_at(json_array_get(at(result, "items"), i), "outcome");
}

/* Another node's root, and a leaf: that node's TLS certificate. */
struct strangers {
	char *root, *leaf;
};

static struct strangers make_strangers(void)
{
	struct fixture other;
	struct strangers strangers;

	fixture_open(&other);
	make_account(&other, "other");
	make_root(&other, NULL, "root");
	strangers.root = export_ca(&other, NULL, "root");
	json_t *made =
		expect_result(ask(&other, NULL, "node.certificate",
				  json_pack("{s:s, s:[s]}", "ca", "root", "hosts", "localhost")));
	json_t *leaf = expect_result(
		ask(&other, NULL, "cert.export",
		    json_pack("{s:O}", "serial", at(at(made, "certificate"), "serial"))));
	strangers.leaf = strdup(text_at(leaf, "pem"));
	json_decref(made);
	json_decref(leaf);
	fixture_close(&other);
	return strangers;
}

static void strangers_done(struct strangers *strangers)
{
	free(strangers->root);
	free(strangers->leaf);
}

static size_t count_anchors(void)
{
	json_t *result = expect_result(ask(&fixture, NULL, "trust.list", NULL));
	size_t count = json_array_size(at(result, "anchors"));

	json_decref(result);
	return count;
}

TEST(co_19_each_certificate_gets_its_own_answer)
{
	struct strangers strangers = make_strangers();
	char *both;

	assert_true(asprintf(&both, "%s\r\nwords between\r\n%s", strangers.leaf, strangers.root) >
		    0);
	fixture_open(&fixture);
	make_account(&fixture, "one");
	json_t *preview = expect_result(ask(&fixture, NULL, "trust.preview", file(both)));
	assert_string_equal(outcome_of(preview, 0), "refused");
	assert_string_equal(outcome_of(preview, 1), "new");
	assert_int_equal(strlen(text_at(at(json_array_get(at(preview, "items"), 1), "certificate"),
					"fingerprint")),
			 64);
	json_decref(preview);
	assert_int_equal(count_anchors(), 0);

	json_t *added = expect_result(ask(&fixture, NULL, "trust.add", file(both)));
	assert_string_equal(outcome_of(added, 0), "refused");
	assert_string_equal(outcome_of(added, 1), "added");
	json_decref(added);
	assert_int_equal(count_anchors(), 1);

	json_t *again = expect_result(ask(&fixture, NULL, "trust.add", file(strangers.root)));
	assert_string_equal(outcome_of(again, 0), "present");
	json_decref(again);
	assert_int_equal(count_anchors(), 1);
	fixture_close(&fixture);
	free(both);
	strangers_done(&strangers);
}

TEST(what_holds_no_certificate_is_refused)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	expect_refusal(ask(&fixture, NULL, "trust.add", file("junk")), "import_malformed", "");
	expect_refusal(ask(&fixture, NULL, "trust.add",
			   file("-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAA\n"
				"-----END PRIVATE KEY-----\n")),
		       "private_key_refused", "");
	expect_refusal(ask(&fixture, NULL, "trust.add", json_pack("{s:s}", "file", "%%%")),
		       "invalid", "params.file");
	expect_refusal(ask(&fixture, NULL, "trust.add", NULL), "invalid", "either");
	fixture_close(&fixture);
}

TEST(co_22_the_last_anchor_and_our_own_devices_anchor_need_a_confirmation)
{
	struct strangers strangers = make_strangers();

	fixture_open(&fixture);
	make_account(&fixture, "one");
	do_verb(&fixture, NULL, "trust.add", file(strangers.root));
	/* no profile yet: nobody is locked out */
	do_verb(&fixture, NULL, "trust.remove", json_pack("{s:i}", "id", 1));
	make_root(&fixture, NULL, "root");
	make_profile(&fixture, NULL, "sensors", "root");
	do_verb(&fixture, NULL, "trust.add", json_pack("{s:s}", "ca", "root"));
	do_verb(&fixture, NULL, "trust.add", file(strangers.root));
	json_t *list = expect_result(ask(&fixture, NULL, "trust.list", NULL));
	const json_t *own = json_array_get(at(list, "anchors"), 0);
	json_int_t id = json_integer_value(at(own, "id"));

	assert_string_equal(text_at(own, "ca"), "root");
	/* not the last, but the account's own certificates renew by it */
	expect_refusal(ask(&fixture, NULL, "trust.remove", json_pack("{s:I}", "id", id)),
		       "needs_confirmation", "--confirm=last");
	do_verb(&fixture, NULL, "trust.remove",
		json_pack("{s:I, s:s}", "id", id, "confirm", "last"));
	expect_refusal(ask(&fixture, NULL, "trust.remove", json_pack("{s:I}", "id", id + 1)),
		       "needs_confirmation", "active profiles: 1");
	json_decref(list);
	fixture_close(&fixture);
	strangers_done(&strangers);
}

TEST_MAIN(RUN(co_19_each_certificate_gets_its_own_answer),
	  RUN(what_holds_no_certificate_is_refused),
	  RUN(co_22_the_last_anchor_and_our_own_devices_anchor_need_a_confirmation))
