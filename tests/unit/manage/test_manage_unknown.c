/* Certificates that our CAs have signed and the store has lost. */
#include "manage_fixture.h"

#include "db/db.h"
#include "store/store_certificate.h"

static struct fixture fixture;

static char *export_pem(const char *verb, json_t *params)
{
	json_t *exported = expect_result(ask(&fixture, NULL, verb, params));
	char *pem = strdup(text_at(exported, "pem"));

	json_decref(exported);
	return pem;
}

/* An EST server's certificate is one of an RA too (RFC 7030 3.6.1): a profile of template ra takes
 * it. Its PEM, the caller's. */
static char *make_one(void)
{
	json_t *made = expect_result(
		ask(&fixture, NULL, "node.certificate",
		    json_pack("{s:s, s:[s]}", "ca", "issuing", "hosts", "device.example")));
	char *pem =
		export_pem("cert.export", json_pack("{s:s}", "serial",
						    text_at(at(made, "certificate"), "serial")));

	json_decref(made);
	return pem;
}

/* As a backup that was made before it. */
static void lose(const char *what)
{
	char path[128], sql[128];
	struct error err = { 0 };
	struct db *db = NULL;
	const struct db_options options = { .path = path,
					    .application_id = 0x42535457,
					    .access = DB_WRITER };

	snprintf(path, sizeof path, "%s/store.db", fixture.folder);
	snprintf(sql, sizeof sql, "DELETE FROM certificate WHERE %s", what);
	store_close(fixture.store);
	EXPECT_OK(db_open(&options, &db, &err), err);
	EXPECT_OK(db_script(db, sql, &err), err);
	db_close(db);
	EXPECT_OK(store_open(path, &fixture.store, &err), err);
	fixture.manage.store = fixture.store;
}

static void make_profiles(const char *account, const char *ca)
{
	make_profile(&fixture, account, "sensors", ca);
	do_verb(&fixture, account, "profile.create",
		json_pack("{s:s, s:s, s:s}", "name", "proxies", "template", "ra", "ca", ca));
}

static void begin(void)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	make_root(&fixture, NULL, "root");
	make_issuing(&fixture, NULL, "issuing", "root");
	make_profiles(NULL, "issuing");
}

static json_t *adopt(const char *account, const char *profile, const char *pem)
{
	return ask(&fixture, account, "cert.adopt",
		   json_pack("{s:s, s:o}", "profile", profile, "file", file_param(pem)));
}

static void expect_outcome(json_t *reply, size_t adopted, json_int_t known, size_t refused)
{
	json_t *result = expect_result(reply);

	assert_int_equal(json_array_size(at(result, "adopted")), adopted);
	assert_int_equal(json_integer_value(at(result, "known")), known);
	assert_int_equal(json_array_size(at(result, "refused")), refused);
	json_decref(result);
}

TEST(ft_11_what_says_not_what_to_adopt_is_refused)
{
	begin();
	expect_refusal(ask(&fixture, NULL, "cert.adopt", json_pack("{s:s}", "profile", "sensors")),
		       "invalid", "says which");
	expect_refusal(
		ask(&fixture, NULL, "cert.adopt",
		    json_pack("{s:s, s:b, s:s}", "profile", "sensors", "all", 1, "serial", "0102")),
		"invalid", "says which");
	expect_refusal(ask(&fixture, NULL, "cert.adopt",
			   json_pack("{s:s, s:s}", "profile", "sensors", "serial", "0102")),
		       "not_found", "0102");
	expect_refusal(ask(&fixture, NULL, "cert.adopt",
			   json_pack("{s:s, s:s}", "profile", "sensors", "serial", "xyz")),
		       "invalid", "serial");
	expect_refusal(adopt(NULL, "none", "junk"), "not_found", "none");
	expect_refusal(adopt(NULL, "sensors", "junk"), "import_malformed", "");
	fixture_close(&fixture);
}

TEST(ft_11_a_ca_and_an_ra_are_no_device)
{
	begin();
	char *issuing = export_pem("ca.export", json_pack("{s:s}", "name", "issuing"));
	char *root = export_pem("ca.export", json_pack("{s:s}", "name", "root"));

	expect_outcome(adopt(NULL, "sensors", issuing), 0, 0, 1);
	expect_outcome(adopt(NULL, "sensors", root), 0, 0, 1);
	free(issuing);
	free(root);
	json_decref(
		expect_result(ask(&fixture, NULL, "ra.enroll",
				  json_pack("{s:s, s:s, s:b, s:s}", "name", "ra", "ca", "issuing",
					    "all_profiles", 1, "passphrase", "long enough"))));
	json_t *shown =
		expect_result(ask(&fixture, NULL, "ra.show", json_pack("{s:s}", "name", "ra")));
	char *ra = export_pem("cert.export",
			      json_pack("{s:s}", "serial",
					text_at(at(at(shown, "ra"), "certificate"), "serial")));
	json_decref(shown);
	json_t *told = expect_result(adopt(NULL, "sensors", ra));
	assert_non_null(strstr(text_at(json_array_get(at(told, "refused"), 0), "detail"), "RA"));
	json_decref(told);
	free(ra);
	fixture_close(&fixture);
}

TEST(ft_11_another_accounts_is_not_adopted)
{
	begin();
	char *pem = make_one();

	lose("purpose = 2");
	make_account(&fixture, "two");
	json_t *root = ask(
		&fixture, "two", "ca.create",
		json_pack("{s:s, s:s, s:s}", "name", "root", "subject", "CN=Two", "key", "p256"));
	json_decref(expect_result(root));
	make_profiles("two", "root");
	expect_outcome(adopt("two", "proxies", pem), 0, 0, 1);
	expect_outcome(adopt("one", "sensors", pem), 0, 0, 1);
	expect_outcome(adopt("one", "proxies", pem), 1, 0, 0);
	free(pem);
	fixture_close(&fixture);
}

TEST(ft_11_what_was_lost_is_entered_once_and_told_of)
{
	begin();
	char *pem = make_one();

	expect_outcome(adopt(NULL, "proxies", pem), 0, 1, 0);
	lose("purpose = 2");
	expect_outcome(adopt(NULL, "proxies", pem), 1, 0, 0);
	expect_outcome(adopt(NULL, "proxies", pem), 0, 1, 0);
	json_t *log =
		expect_result(ask(&fixture, NULL, "audit.list", json_pack("{s:i}", "limit", 1)));
	assert_string_equal(text_at(json_array_get(at(log, "entries"), 0), "action"), "cert.adopt");
	json_decref(log);
	json_t *list = expect_result(
		ask(&fixture, NULL, "cert.list", json_pack("{s:s}", "profile", "proxies")));
	assert_int_equal(json_array_size(at(list, "certificates")), 1);
	assert_string_equal(text_at(json_array_get(at(list, "certificates"), 0), "purpose"), "ra");
	assert_string_equal(text_at(json_array_get(at(list, "certificates"), 0), "requested_by"),
			    "adopted by operator:test");
	json_decref(list);
	free(pem);
	fixture_close(&fixture);
}

TEST_MAIN(RUN(ft_11_what_says_not_what_to_adopt_is_refused),
	  RUN(ft_11_a_ca_and_an_ra_are_no_device), RUN(ft_11_another_accounts_is_not_adopted),
	  RUN(ft_11_what_was_lost_is_entered_once_and_told_of))
