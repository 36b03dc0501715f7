/* Certificates by an operator's word, and what becomes of them. */
#include "manage_fixture.h"

#include "pki/bundle.h"
#include "store/store_config.h"

static struct fixture fixture;

static void begin(void)
{
	fixture_open(&fixture);
	make_account(&fixture, "one");
	make_root(&fixture, NULL, "root");
	make_issuing(&fixture, NULL, "issuing", "root");
	make_profile(&fixture, NULL, "sensors", "issuing");
}

static json_t *enroll_p12(const char *name, const char *passphrase)
{
	return ask(&fixture, NULL, "ra.enroll",
		   json_pack("{s:s, s:s, s:[s], s:s}", "name", name, "ca", "issuing", "profiles",
			     "sensors", "passphrase", passphrase));
}

/* -- RA certificates -- */

TEST(what_makes_no_ra_certificate_is_refused)
{
	begin();
	expect_refusal(enroll_p12("ra", "short"), "invalid", "passphrase");
	expect_refusal(ask(&fixture, NULL, "ra.enroll",
			   json_pack("{s:s, s:s, s:s}", "name", "ra", "ca", "issuing", "passphrase",
				     "long enough")),
		       "invalid", "profiles");
	expect_refusal(ask(&fixture, NULL, "ra.enroll",
			   json_pack("{s:s, s:s, s:[s], s:b, s:s}", "name", "ra", "ca", "issuing",
				     "profiles", "sensors", "all_profiles", 1, "passphrase",
				     "long enough")),
		       "invalid", "profiles");
	expect_refusal(ask(&fixture, NULL, "ra.enroll",
			   json_pack("{s:s, s:s, s:[s], s:s}", "name", "ra", "ca", "issuing",
				     "profiles", "none", "passphrase", "long enough")),
		       "not_found", "none");
	expect_refusal(ask(&fixture, NULL, "ra.enroll",
			   json_pack("{s:s, s:s, s:b, s:o}", "name", "ra", "ca", "issuing",
				     "all_profiles", 1, "csr", file_param("junk"))),
		       "csr_malformed", "");
	json_t *list = expect_result(ask(&fixture, NULL, "ra.list", NULL));
	assert_int_equal(json_array_size(at(list, "ras")), 0);
	json_decref(list);
	fixture_close(&fixture);
}

TEST(an_ra_certificate_with_its_key)
{
	struct buffer p12 = { 0 };
	struct bundle chain = { 0 };
	struct private_key *key = NULL;
	struct error err = { 0 };

	begin();
	json_t *made = expect_result(enroll_p12("plant3", "long enough"));
	EXPECT_OK(base64_decode(bytes_of_string(text_at(made, "p12")), &p12, &err), err);
	EXPECT_OK(keyed_bundle_parse(buffer_view(&p12), BYTES_LITERAL("long enough"), &chain, &key,
				     &err),
		  err);
	assert_int_equal(chain.count, 3);
	assert_true(cert_ext_key_usage_holds(chain.certs[0], oid_cmc_ra));
	assert_true(cert_ext_key_usage_holds(chain.certs[0], oid_client_auth));
	assert_false(cert_is_ca(chain.certs[0]));
	/* its CA vouches for nobody yet */
	assert_int_equal(json_array_size(at(made, "warnings")), 1);
	json_decref(made);
	private_key_free(key);
	bundle_done(&chain);
	buffer_done(&p12);
	expect_refusal(enroll_p12("plant3", "long enough"), "conflict", "plant3");
	fixture_close(&fixture);
}

TEST(an_ra_certificates_reach_changes_and_ends)
{
	begin();
	json_decref(expect_result(enroll_p12("plant3", "long enough")));
	json_t *set =
		expect_result(ask(&fixture, NULL, "ra.set",
				  json_pack("{s:s, s:b}", "name", "plant3", "all_profiles", 1)));
	assert_string_equal(text_at(at(set, "ra"), "profiles"), "all");
	json_decref(set);
	expect_refusal(ask(&fixture, NULL, "ra.set", json_pack("{s:s}", "name", "plant3")),
		       "invalid", "profiles");
	expect_refusal(ask(&fixture, NULL, "ra.revoke",
			   json_pack("{s:s, s:s}", "name", "plant3", "reason", "boredom")),
		       "invalid", "boredom");
	do_verb(&fixture, NULL, "ra.revoke",
		json_pack("{s:s, s:s}", "name", "plant3", "reason", "keyCompromise"));
	json_t *shown =
		expect_result(ask(&fixture, NULL, "ra.show", json_pack("{s:s}", "name", "plant3")));
	assert_string_equal(text_at(at(at(shown, "ra"), "certificate"), "state"), "revoked");
	json_decref(shown);
	fixture_close(&fixture);
}

static json_t *rotate(const char *name, const char *overlap)
{
	return ask(&fixture, NULL, "ra.rotate",
		   json_pack("{s:s, s:s, s:s}", "name", name, "passphrase", "long enough",
			     "overlap", overlap));
}

static json_t *show_ra(const char *name)
{
	json_t *shown =
		expect_result(ask(&fixture, NULL, "ra.show", json_pack("{s:s}", "name", name)));
	json_t *ra = json_incref(json_object_get(shown, "ra"));

	json_decref(shown);
	return ra;
}

static char *state_of(const char *serial)
{
	json_t *shown = expect_result(
		ask(&fixture, NULL, "cert.show", json_pack("{s:s}", "serial", serial)));
	char *state = strdup(text_at(at(shown, "certificate"), "state"));

	json_decref(shown);
	return state;
}

static void expect_state(const char *serial, const char *expected)
{
	char *state = state_of(serial);

	assert_string_equal(state, expected);
	free(state);
}

TEST(what_has_no_successor_is_refused)
{
	begin();
	json_t *made = expect_result(enroll_p12("plant3", "long enough"));
	json_t *old = json_incref((json_t *)at(made, "certificate"));

	expect_refusal(rotate("plant4", "7d"), "not_found", "plant4");
	expect_refusal(rotate("plant3", "-1"), "invalid", "overlap");
	expect_refusal(ask(&fixture, NULL, "ra.rotate",
			   json_pack("{s:s, s:s}", "name", "plant3", "passphrase", "short")),
		       "invalid", "passphrase");
	expect_refusal(ask(&fixture, NULL, "ra.rotate",
			   json_pack("{s:s, s:o}", "name", "plant3", "csr", file_param("junk"))),
		       "csr_malformed", "");
	expect_refusal(ask(&fixture, NULL, "ra.rotate",
			   json_pack("{s:s, s:s, s:s}", "name", "plant3", "passphrase",
				     "long enough", "ca", "nobody")),
		       "not_found", "nobody");
	json_t *ra = show_ra("plant3");
	assert_string_equal(text_at(at(ra, "certificate"), "serial"), text_at(old, "serial"));
	assert_int_equal(json_array_size(at(ra, "former")), 0);
	json_decref(ra);
	json_decref(old);
	json_decref(made);
	fixture_close(&fixture);
}

TEST(a_rotated_ra_certificate_holds_until_its_overlap_ends)
{
	begin();
	json_t *made = expect_result(enroll_p12("plant3", "long enough"));
	const char *old = text_at(at(made, "certificate"), "serial");
	json_t *next = expect_result(rotate("plant3", "3d"));
	const json_t *certificate = at(next, "certificate");

	assert_string_equal(text_at(at(next, "old"), "serial"), old);
	assert_string_not_equal(text_at(certificate, "serial"), old);
	assert_string_equal(text_at(certificate, "subject"), "CN=plant3");
	assert_string_equal(text_at(certificate, "not_after"),
			    text_at(at(made, "certificate"), "not_after"));
	assert_string_equal(json_string_value(json_array_get(at(next, "profiles"), 0)), "sensors");
	assert_non_null(at(next, "p12"));
	expect_state(old, "issued");

	json_t *ra = show_ra("plant3");
	const json_t *former = json_array_get(at(ra, "former"), 0);
	assert_string_equal(text_at(at(former, "certificate"), "serial"), old);
	assert_string_equal(text_at(former, "until"), text_at(at(next, "old"), "until"));
	json_decref(ra);

	fixture.clock = clock_fixed(NOW + 3 * 86400);
	expect_state(old, "revoked");
	expect_state(text_at(certificate, "serial"), "issued");
	ra = show_ra("plant3");
	assert_int_equal(json_array_size(at(ra, "former")), 0);
	json_decref(ra);
	json_decref(next);
	json_decref(made);
	fixture_close(&fixture);
}

TEST(no_overlap_revokes_at_once_and_shortens_those_before)
{
	begin();
	json_t *first = expect_result(enroll_p12("plant3", "long enough"));
	json_t *second = expect_result(rotate("plant3", "30d"));
	json_t *third = expect_result(rotate("plant3", "0"));

	assert_true(json_is_null(at(at(third, "old"), "until")));
	expect_state(text_at(at(first, "certificate"), "serial"), "revoked");
	expect_state(text_at(at(second, "certificate"), "serial"), "revoked");
	expect_state(text_at(at(third, "certificate"), "serial"), "issued");
	json_decref(first);
	json_decref(second);
	json_decref(third);
	fixture_close(&fixture);
}

/* An overlap would end the hold until then. */
TEST(what_is_on_hold_is_not_brought_back_by_its_rotation)
{
	begin();
	json_t *first = expect_result(enroll_p12("plant3", "long enough"));
	json_t *second = expect_result(rotate("plant3", "30d"));
	const char *serials[] = { text_at(at(first, "certificate"), "serial"),
				  text_at(at(second, "certificate"), "serial") };

	for (size_t i = 0; i < ARRAY_LEN(serials); i++)
		do_verb(&fixture, NULL, "cert.hold", json_pack("{s:s}", "serial", serials[i]));
	json_decref(expect_result(rotate("plant3", "3d")));
	for (size_t i = 0; i < ARRAY_LEN(serials); i++)
		expect_state(serials[i], "revoked");
	json_t *ra = show_ra("plant3");
	assert_int_equal(json_array_size(at(ra, "former")), 0);
	json_decref(ra);
	json_decref(first);
	json_decref(second);
	fixture_close(&fixture);
}

TEST(revoking_ends_former_certificates_too_or_them_alone)
{
	begin();
	json_t *first = expect_result(enroll_p12("plant3", "long enough"));
	json_t *second = expect_result(rotate("plant3", "30d"));

	do_verb(&fixture, NULL, "ra.revoke",
		json_pack("{s:s, s:b}", "name", "plant3", "former", 1));
	expect_state(text_at(at(first, "certificate"), "serial"), "revoked");
	expect_state(text_at(at(second, "certificate"), "serial"), "issued");
	json_t *third = expect_result(rotate("plant3", "30d"));
	do_verb(&fixture, NULL, "ra.revoke", json_pack("{s:s}", "name", "plant3"));
	expect_state(text_at(at(second, "certificate"), "serial"), "revoked");
	expect_state(text_at(at(third, "certificate"), "serial"), "revoked");
	json_decref(first);
	json_decref(second);
	json_decref(third);
	fixture_close(&fixture);
}

TEST(only_so_many_former_certificates_hold_at_a_time)
{
	begin();
	json_decref(expect_result(enroll_p12("plant3", "long enough")));
	for (int i = 0; i < RA_FORMER_MAX; i++)
		json_decref(expect_result(rotate("plant3", "30d")));
	expect_refusal(rotate("plant3", "30d"), "conflict", "former");
	/* those that have ended make room */
	do_verb(&fixture, NULL, "ra.revoke",
		json_pack("{s:s, s:b}", "name", "plant3", "former", 1));
	json_decref(expect_result(rotate("plant3", "30d")));
	fixture_close(&fixture);
}

static size_t count_warnings(const char *words)
{
	json_t *status = expect_result(ask(&fixture, NULL, "status", NULL));
	const json_t *warnings = at(json_array_get(at(status, "accounts"), 0), "warnings");
	const json_t *text;
	size_t i, count = 0;

	json_array_foreach((json_t *)warnings, i, text)
	{
		count += strstr(json_string_value(text), words) != NULL;
	}
	json_decref(status);
	return count;
}

TEST(an_ra_certificate_that_ends_is_told_of_until_it_is_rotated)
{
	begin();
	json_decref(expect_result(enroll_p12("plant3", "long enough")));
	json_decref(expect_result(enroll_p12("plant4", "long enough")));
	assert_int_equal(count_warnings("RA certificate"), 0);
	do_verb(&fixture, NULL, "ra.revoke", json_pack("{s:s}", "name", "plant4"));

	fixture.clock = clock_fixed(NOW + (int64_t)340 * 86400);
	assert_int_equal(count_warnings("RA certificate plant3 ends within 30 days"), 1);
	assert_int_equal(count_warnings("RA certificate"), 1);
	fixture.clock = clock_fixed(NOW + (int64_t)370 * 86400);
	assert_int_equal(count_warnings("RA certificate plant3 has expired"), 1);
	json_decref(expect_result(rotate("plant3", "7d")));
	assert_int_equal(count_warnings("RA certificate"), 0);
	fixture_close(&fixture);
}

/* -- the node's certificate -- */

static json_t *admit(const char *name, const char *serial)
{
	return ask(&fixture, NULL, "ra.admit",
		   json_pack("{s:s, s:s, s:[s]}", "name", name, "serial", serial, "profiles",
			     "sensors"));
}

/* CS-37: no device and no CA becomes an RA by an operator's slip. */
TEST(only_an_ra_certificate_without_a_scope_is_admitted)
{
	begin();
	json_t *made = expect_result(enroll_p12("plant3", "long enough"));
	const char *serial = text_at(at(made, "certificate"), "serial");

	expect_refusal(admit("plant4", "0123456789"), "not_found", "0123456789");
	expect_refusal(admit("plant4", serial), "conflict", "has a scope");
	json_t *list = expect_result(ask(&fixture, NULL, "cert.list", NULL));
	const json_t *item;
	size_t i, others = 0;
	json_array_foreach((json_t *)at(list, "certificates"), i, item)
	{
		if (strcmp(text_at(item, "serial"), serial) == 0)
			continue;
		expect_refusal(admit("plant4", text_at(item, "serial")), "invalid",
			       "no RA certificate");
		others++;
	}
	assert_true(others > 0);
	json_decref(list);
	json_decref(made);
	fixture_close(&fixture);
}

TEST(the_nodes_certificate_names_hosts)
{
	begin();
	expect_refusal(ask(&fixture, NULL, "node.certificate",
			   json_pack("{s:s, s:[]}", "ca", "issuing", "hosts")),
		       "invalid", "hosts");
	expect_refusal(ask(&fixture, NULL, "node.certificate",
			   json_pack("{s:s, s:[s]}", "ca", "issuing", "hosts", "not a host")),
		       "name_invalid", "");
	json_t *before = expect_result(ask(&fixture, NULL, "node.show", NULL));
	assert_true(json_is_null(at(before, "tls")));
	assert_true(json_is_null(at(before, "token")));
	json_decref(before);
	do_verb(&fixture, NULL, "node.certificate",
		json_pack("{s:s, s:[s, s, s]}", "ca", "issuing", "hosts", "est.acme.example",
			  "192.0.2.10", "2001:db8::1"));
	json_t *after = expect_result(ask(&fixture, NULL, "node.show", NULL));
	const json_t *san = at(at(after, "tls"), "san");

	assert_int_equal(json_array_size(san), 3);
	assert_string_equal(text_at(json_array_get(san, 0), "type"), "dns");
	assert_string_equal(text_at(json_array_get(san, 1), "value"), "192.0.2.10");
	assert_string_equal(text_at(at(after, "tls"), "issuer"), "CN=issuing");
	json_decref(after);
	fixture_close(&fixture);
}

TEST(the_nodes_key_is_kept_encrypted)
{
	struct buffer chain = { 0 }, pem = { 0 };
	struct private_key *key = NULL;
	struct error err = { 0 };

	begin();
	do_verb(&fixture, NULL, "node.certificate",
		json_pack("{s:s, s:[s]}", "ca", "issuing", "hosts", "localhost"));
	EXPECT_OK(store_tls_identity_get(fixture.store, &chain, &pem, &err), err);
	EXPECT_REFUSED(private_key_decrypt(buffer_view(&pem), BYTES_LITERAL("wrong"), &key, &err),
		       err, REASON_SECRET_FILE);
	EXPECT_OK(private_key_decrypt(buffer_view(&pem), fixture.manage.key_secret, &key, &err),
		  err);
	private_key_free(key);
	buffer_done(&chain);
	buffer_wipe(&pem);
	fixture_close(&fixture);
}

/* -- finding and revoking -- */

static char *make_certificate(void)
{
	json_t *made = expect_result(
		ask(&fixture, NULL, "node.certificate",
		    json_pack("{s:s, s:[s]}", "ca", "issuing", "hosts", "localhost")));
	char *serial = strdup(text_at(at(made, "certificate"), "serial"));

	json_decref(made);
	return serial;
}

TEST(certificates_are_listed_by_pages_and_filters)
{
	begin();
	for (int i = 0; i < 3; i++)
		free(make_certificate());
	json_t *page =
		expect_result(ask(&fixture, NULL, "cert.list", json_pack("{s:i}", "limit", 4)));
	assert_int_equal(json_array_size(at(page, "certificates")), 4);
	json_t *rest = expect_result(
		ask(&fixture, NULL, "cert.list",
		    json_pack("{s:i, s:O}", "limit", 4, "cursor", at(page, "next_cursor"))));
	/* two CAs and three of the node: five in all */
	assert_int_equal(json_array_size(at(rest, "certificates")), 1);
	assert_true(json_is_null(at(rest, "next_cursor")));
	json_decref(page);
	json_decref(rest);

	json_t *issued = expect_result(
		ask(&fixture, NULL, "cert.list",
		    json_pack("{s:s, s:s}", "ca", "issuing", "subject", "localhost")));
	assert_int_equal(json_array_size(at(issued, "certificates")), 3);
	json_decref(issued);
	expect_refusal(ask(&fixture, NULL, "cert.list", json_pack("{s:i}", "limit", 0)), "invalid",
		       "limit");
	expect_refusal(ask(&fixture, NULL, "cert.list", json_pack("{s:s}", "state", "fine")),
		       "invalid", "fine");
	expect_refusal(ask(&fixture, NULL, "cert.list", json_pack("{s:s}", "serial", "xyz")),
		       "invalid", "xyz");
	fixture_close(&fixture);
}

TEST(a_certificate_is_found_as_other_tools_write_its_serial)
{
	begin();
	char *serial = make_certificate();
	char colons[128] = "", upper[64];
	size_t used = 0;

	for (size_t i = 0; serial[i]; i++)
		used += (size_t)snprintf(colons + used, sizeof colons - used, "%s%c",
					 i && i % 2 == 0 ? ":" : "", serial[i]);
	for (size_t i = 0; i <= strlen(serial); i++)
		upper[i] = (char)(serial[i] >= 'a' ? serial[i] - 32 : serial[i]);
	do_verb(&fixture, NULL, "cert.show", json_pack("{s:s}", "serial", colons));
	do_verb(&fixture, NULL, "cert.show", json_pack("{s:s}", "serial", upper));
	do_verb(&fixture, NULL, "cert.show", json_pack("{s:s%}", "serial", serial, (size_t)16));
	if (serial[0] == '0')
		do_verb(&fixture, NULL, "cert.show", json_pack("{s:s}", "serial", serial + 1));
	if (strncmp(serial, "00", 2) == 0)
		do_verb(&fixture, NULL, "cert.show", json_pack("{s:s}", "serial", serial + 2));
	expect_refusal(ask(&fixture, NULL, "cert.show", json_pack("{s:s}", "serial", "abc")),
		       "invalid", "6 digits");
	expect_refusal(ask(&fixture, NULL, "cert.show",
			   json_pack("{s:s}", "serial", "ffffffffffffffffffffffffffffffff")),
		       "not_found", "");
	free(serial);
	fixture_close(&fixture);
}

TEST(cr_10_revoking_names_the_whole_serial_and_does_no_harm_twice)
{
	begin();
	char *serial = make_certificate();

	expect_refusal(ask(&fixture, NULL, "cert.revoke",
			   json_pack("{s:s%}", "serial", serial, (size_t)10)),
		       "invalid", "whole serial");
	expect_refusal(ask(&fixture, NULL, "cert.revoke",
			   json_pack("{s:s%}", "serial", serial, strlen(serial) - 1)),
		       "invalid", "whole serial");
	expect_refusal(
		ask(&fixture, NULL, "cert.revoke",
		    json_pack("{s:s, s:s}", "serial", serial, "invalidity_date", "2040-01-01")),
		"invalid", "future");
	expect_refusal(ask(&fixture, NULL, "cert.revoke",
			   json_pack("{s:s, s:s}", "serial", serial, "reason", "certificateHold")),
		       "invalid", "certificateHold");
	json_t *first = expect_result(
		ask(&fixture, NULL, "cert.revoke",
		    json_pack("{s:s, s:s}", "serial", serial, "reason", "superseded")));
	assert_true(json_is_false(at(first, "already")));
	json_decref(first);
	/* without its leading zero digit it is whole, too */
	const char *as_number = serial[0] == '0' && serial[1] != '0' ? serial + 1 : serial;
	json_t *second = expect_result(
		ask(&fixture, NULL, "cert.revoke",
		    json_pack("{s:s, s:s}", "serial", as_number, "reason", "keyCompromise")));
	assert_true(json_is_true(at(second, "already")));
	assert_string_equal(text_at(at(at(second, "certificate"), "revocation"), "reason"),
			    "superseded");
	json_decref(second);
	free(serial);
	fixture_close(&fixture);
}

TEST(cr_10_a_cas_certificate_is_not_revoked_by_mistake)
{
	begin();
	json_t *ca = expect_result(
		ask(&fixture, NULL, "ca.show", json_pack("{s:s}", "name", "issuing")));
	const char *serial = text_at(at(at(ca, "ca"), "certificate"), "serial");

	expect_refusal(ask(&fixture, NULL, "cert.revoke", json_pack("{s:s}", "serial", serial)),
		       "needs_confirmation", "--confirm=ca");
	do_verb(&fixture, NULL, "cert.revoke",
		json_pack("{s:s, s:s}", "serial", serial, "confirm", "ca"));
	json_decref(ca);
	fixture_close(&fixture);
}

TEST(v9_another_accounts_certificate_is_not_found)
{
	begin();
	char *serial = make_certificate();

	make_account(&fixture, "other");
	expect_refusal(ask(&fixture, "other", "cert.show", json_pack("{s:s}", "serial", serial)),
		       "not_found", "");
	expect_refusal(ask(&fixture, "other", "cert.export", json_pack("{s:s}", "serial", serial)),
		       "not_found", "");
	expect_refusal(ask(&fixture, "other", "cert.revoke", json_pack("{s:s}", "serial", serial)),
		       "not_found", "");
	json_t *list = expect_result(ask(&fixture, "other", "cert.list", NULL));
	assert_int_equal(json_array_size(at(list, "certificates")), 0);
	json_decref(list);
	free(serial);
	fixture_close(&fixture);
}

TEST_MAIN(RUN(what_makes_no_ra_certificate_is_refused), RUN(an_ra_certificate_with_its_key),
	  RUN(an_ra_certificates_reach_changes_and_ends), RUN(what_has_no_successor_is_refused),
	  RUN(a_rotated_ra_certificate_holds_until_its_overlap_ends),
	  RUN(no_overlap_revokes_at_once_and_shortens_those_before),
	  RUN(what_is_on_hold_is_not_brought_back_by_its_rotation),
	  RUN(revoking_ends_former_certificates_too_or_them_alone),
	  RUN(only_so_many_former_certificates_hold_at_a_time),
	  RUN(an_ra_certificate_that_ends_is_told_of_until_it_is_rotated),
	  RUN(only_an_ra_certificate_without_a_scope_is_admitted),
	  RUN(the_nodes_certificate_names_hosts), RUN(the_nodes_key_is_kept_encrypted),
	  RUN(certificates_are_listed_by_pages_and_filters),
	  RUN(a_certificate_is_found_as_other_tools_write_its_serial),
	  RUN(cr_10_revoking_names_the_whole_serial_and_does_no_harm_twice),
	  RUN(cr_10_a_cas_certificate_is_not_revoked_by_mistake),
	  RUN(v9_another_accounts_certificate_is_not_found))
