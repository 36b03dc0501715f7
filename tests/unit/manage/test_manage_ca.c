#include "manage_fixture.h"

#include "pki/bundle.h"

static struct fixture fixture;

static json_t *show_ca(const char *name)
{
	json_t *result =
		expect_result(ask(&fixture, NULL, "ca.show", json_pack("{s:s}", "name", name)));
	json_t *ca = json_incref(at(result, "ca"));

	json_decref(result);
	return ca;
}

TEST(what_makes_no_ca_is_refused)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	expect_refusal(ask(&fixture, NULL, "ca.create",
			   json_pack("{s:s, s:s}", "name", "root", "subject", "no name")),
		       "name_invalid", "");
	expect_refusal(ask(&fixture, NULL, "ca.create",
			   json_pack("{s:s, s:s}", "name", "root", "subject", "")),
		       "invalid", "");
	expect_refusal(ask(&fixture, NULL, "ca.create",
			   json_pack("{s:s, s:s, s:s}", "name", "root", "subject", "CN=a", "key",
				     "rsa-1024")),
		       "invalid", "rsa-1024");
	expect_refusal(ask(&fixture, NULL, "ca.create",
			   json_pack("{s:s, s:s, s:s}", "name", "root", "subject", "CN=a", "parent",
				     "none")),
		       "not_found", "none");
	expect_refusal(ask(&fixture, NULL, "ca.create",
			   json_pack("{s:s, s:s}", "name", "../root", "subject", "CN=a")),
		       "invalid", "name");
	assert_int_equal(count_audited(&fixture, "ca.create"), 0);
	fixture_close(&fixture);
}

static size_t count_key_files(void)
{
	char command[128], line[16] = "";

	snprintf(command, sizeof command, "ls %s/*.key 2>/dev/null | wc -l", fixture.folder);
	FILE *list = popen(command, "r");
	assert_non_null(list);
	assert_non_null(fgets(line, sizeof line, list));
	pclose(list);
	return (size_t)atol(line);
}

TEST(a_ca_that_is_not_made_leaves_no_key_behind)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	make_root(&fixture, NULL, "root");
	do_verb(&fixture, NULL, "ca.disable", json_pack("{s:s}", "name", "root"));
	assert_int_equal(count_key_files(), 1);
	expect_refusal(ask(&fixture, NULL, "ca.create",
			   json_pack("{s:s, s:s, s:s}", "name", "sub", "subject", "CN=sub",
				     "parent", "root")),
		       "conflict", "disabled");
	expect_refusal(ask(&fixture, NULL, "ca.create",
			   json_pack("{s:s, s:s}", "name", "root", "subject", "CN=again")),
		       "conflict", "root");
	assert_int_equal(count_key_files(), 1);
	fixture_close(&fixture);
}

TEST(a_root_and_an_issuing_ca)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	make_root(&fixture, NULL, "root");
	make_issuing(&fixture, NULL, "issuing", "root");
	json_t *root = show_ca("root"), *issuing = show_ca("issuing");

	assert_true(json_is_true(at(root, "root")));
	assert_true(json_is_false(at(issuing, "root")));
	assert_true(json_is_false(at(issuing, "trusted")));
	assert_string_equal(text_at(issuing, "parent"), "root");
	assert_string_equal(text_at(at(issuing, "certificate"), "issuer"), "CN=root");
	assert_string_equal(text_at(at(issuing, "certificate"), "key"), "p256");
	/* the default validity is cut where the parent ends */
	assert_true(strcmp(text_at(at(issuing, "certificate"), "not_after"),
			   text_at(at(root, "certificate"), "not_after")) <= 0);
	json_decref(root);
	json_decref(issuing);

	json_t *chain = expect_result(ask(&fixture, NULL, "ca.export",
					  json_pack("{s:s, s:b}", "name", "issuing", "chain", 1)));
	struct bundle bundle = { 0 };
	struct error err = { 0 };

	EXPECT_OK(bundle_parse(bytes_of_string(text_at(chain, "pem")), &bundle, &err), err);
	assert_int_equal(bundle.count, 2);
	assert_int_equal(cert_path_len(bundle.certs[0]), 0);
	assert_int_equal(cert_path_len(bundle.certs[1]), -1);
	bundle_done(&bundle);
	json_decref(chain);
	assert_int_equal(count_audited(&fixture, "ca.create"), 2);
	fixture_close(&fixture);
}

TEST(an_issuing_ca_with_path_length_zero_signs_no_ca)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	make_root(&fixture, NULL, "root");
	make_issuing(&fixture, NULL, "issuing", "root");
	json_t *reply = ask(&fixture, NULL, "ca.create",
			    json_pack("{s:s, s:s, s:s}", "name", "below", "subject", "CN=below",
				      "parent", "issuing"));

	assert_non_null(json_object_get(reply, "error"));
	json_decref(reply);
	expect_refusal(ask(&fixture, NULL, "ca.show", json_pack("{s:s}", "name", "below")),
		       "not_found", "below");
	fixture_close(&fixture);
}

TEST(each_kind_of_key)
{
	static const char *const keys[] = { "p384", "rsa-2048" };

	fixture_open(&fixture);
	make_account(&fixture, "one");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		do_verb(&fixture, NULL, "ca.create",
			json_pack("{s:s, s:s, s:s}", "name", keys[i], "subject", "CN=a", "key",
				  keys[i]));
		json_t *ca = show_ca(keys[i]);
		assert_string_equal(text_at(at(ca, "certificate"), "key"), keys[i]);
		json_decref(ca);
	}
	fixture_close(&fixture);
}

TEST(a_ca_is_trusted_when_the_request_says_so)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	do_verb(&fixture, NULL, "ca.create",
		json_pack("{s:s, s:s, s:b}", "name", "root", "subject", "CN=a", "trust", 1));
	json_t *ca = show_ca("root");
	assert_true(json_is_true(at(ca, "trusted")));
	json_decref(ca);
	fixture_close(&fixture);
}

TEST(a_ca_that_profiles_need_is_not_retired_unconfirmed)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	make_root(&fixture, NULL, "root");
	make_profile(&fixture, NULL, "sensors", "root");
	expect_refusal(ask(&fixture, NULL, "ca.retire", json_pack("{s:s}", "name", "root")),
		       "needs_confirmation", "1 active profile");
	expect_refusal(ask(&fixture, NULL, "ca.disable",
			   json_pack("{s:s, s:s}", "name", "root", "confirm", "yes")),
		       "needs_confirmation", "--confirm='root'");
	do_verb(&fixture, NULL, "ca.retire",
		json_pack("{s:s, s:s}", "name", "root", "confirm", "root"));
	json_t *ca = show_ca("root");
	assert_string_equal(text_at(ca, "state"), "retired");
	json_decref(ca);
	do_verb(&fixture, NULL, "ca.activate", json_pack("{s:s}", "name", "root"));
	fixture_close(&fixture);
}

/* -- import -- */

/* A key and its certificate, with those above it, as PEM. */
static char *made_elsewhere(const char *ca, bool with_root)
{
	struct fixture other;
	struct buffer pem = { 0 };
	char path[160];
	struct error err = { 0 };

	fixture_open(&other);
	make_account(&other, "other");
	make_root(&other, NULL, "root");
	make_issuing(&other, NULL, "issuing", "root");

	snprintf(path, sizeof path, "for f in %s/*.key; do cat $f; done", other.folder);
	/* the keys are named at random, so the right one is found by what loads */
	FILE *keys = popen(path, "r");
	char keys_text[8192];
	size_t len = fread(keys_text, 1, sizeof keys_text - 1, keys);
	keys_text[len] = '\0';
	pclose(keys);

	json_t *chain = expect_result(ask(&other, NULL, "ca.export",
					  json_pack("{s:s, s:b}", "name", ca, "chain", with_root)));
	struct bundle bundle = { 0 };
	EXPECT_OK(bundle_parse(bytes_of_string(text_at(chain, "pem")), &bundle, &err), err);
	const char *end = "-----END ENCRYPTED PRIVATE KEY-----\n";
	for (char *key = keys_text; *key;) {
		char *next = strstr(key, end);
		struct private_key *parsed = NULL;
		struct public_key *public_key = NULL;

		assert_non_null(next);
		next += strlen(end);
		struct bytes one = { (const unsigned char *)key, (size_t)(next - key) };
		EXPECT_OK(private_key_decrypt(one, BYTES_LITERAL("for tests only"), &parsed, &err),
			  err);
		EXPECT_OK(private_key_public(parsed, &public_key, &err), err);
		if (memcmp(public_key_hash(public_key), cert_key_hash(bundle.certs[0]),
			   KEY_HASH_LEN) == 0)
			buffer_append(&pem, one);
		public_key_free(public_key);
		private_key_free(parsed);
		key = next;
	}
	bundle_done(&bundle);
	buffer_append_text(&pem, text_at(chain, "pem"));
	json_decref(chain);
	fixture_close(&other);
	assert_non_null(buffer_cstring(&pem));
	return (char *)pem.data;
}

static json_t *import_params(const char *name, const char *pem, const char *passphrase)
{
	return json_pack("{s:s, s:o, s:s?}", "name", name, "file", file_param(pem), "passphrase",
			 passphrase);
}

TEST(a_ca_is_imported_with_its_chain)
{
	char *pem = made_elsewhere("issuing", true);

	fixture_open(&fixture);
	make_account(&fixture, "one");
	expect_refusal(ask(&fixture, NULL, "ca.import", import_params("a", pem, "wrong")),
		       "secret_file", "");
	expect_refusal(ask(&fixture, NULL, "ca.import", import_params("a", "junk", NULL)),
		       "import_malformed", "");
	assert_int_equal(count_key_files(), 0);
	do_verb(&fixture, NULL, "ca.import", import_params("a", pem, "for tests only"));
	json_t *ca = show_ca("a");
	assert_string_equal(text_at(at(ca, "certificate"), "subject"), "CN=issuing");
	assert_true(json_is_false(at(ca, "root")));
	json_decref(ca);
	expect_refusal(ask(&fixture, NULL, "ca.import", import_params("b", pem, "for tests only")),
		       "conflict", "already");
	assert_int_equal(count_key_files(), 1);
	fixture_close(&fixture);
	free(pem);
}

TEST(ca_02_an_import_that_does_not_reach_a_root_is_refused)
{
	char *pem = made_elsewhere("issuing", false);

	fixture_open(&fixture);
	make_account(&fixture, "one");
	expect_refusal(ask(&fixture, NULL, "ca.import", import_params("a", pem, "for tests only")),
		       "not_a_ca", "CN=root");
	assert_int_equal(count_key_files(), 0);
	fixture_close(&fixture);
	free(pem);
}

TEST(an_imported_ca_signs)
{
	char *pem = made_elsewhere("root", true);

	fixture_open(&fixture);
	make_account(&fixture, "one");
	do_verb(&fixture, NULL, "ca.import", import_params("theirs", pem, "for tests only"));
	make_issuing(&fixture, NULL, "ours", "theirs");
	fixture_close(&fixture);
	free(pem);
}

TEST_MAIN(RUN(what_makes_no_ca_is_refused), RUN(a_ca_that_is_not_made_leaves_no_key_behind),
	  RUN(a_root_and_an_issuing_ca), RUN(an_issuing_ca_with_path_length_zero_signs_no_ca),
	  RUN(each_kind_of_key), RUN(a_ca_is_trusted_when_the_request_says_so),
	  RUN(a_ca_that_profiles_need_is_not_retired_unconfirmed),
	  RUN(a_ca_is_imported_with_its_chain),
	  RUN(ca_02_an_import_that_does_not_reach_a_root_is_refused), RUN(an_imported_ca_signs))
