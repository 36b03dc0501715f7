/* The certificate that the console has before the node has one. */
#include "manage_fixture.h"

#include "manage/console_identity.h"
#include "store/store_config.h"

static struct fixture fixture;

static void provide(void)
{
	struct error err = { 0 };

	EXPECT_OK(console_identity_provide(&fixture.manage, &err), err);
}

static void open_node(void)
{
	fixture_open(&fixture);
	fixture.manage.console_url = "https://console.test:9443";
}

static void close_node(void)
{
	fixture_close(&fixture);
}

static struct cert *shown(void)
{
	struct cert *found = NULL;
	struct error err = { 0 };

	EXPECT_OK(console_identity_find(&fixture.manage, &found, &err), err);
	return found;
}

static void fingerprint_of(const struct cert *cert, unsigned char into[CERT_FINGERPRINT_LEN])
{
	assert_non_null(cert);
	memcpy(into, cert_fingerprint(cert), CERT_FINGERPRINT_LEN);
}

static void expect_shown(const unsigned char *fingerprint, bool same)
{
	struct cert *cert = shown();

	assert_non_null(cert);
	assert_int_equal(memcmp(cert_fingerprint(cert), fingerprint, CERT_FINGERPRINT_LEN) == 0,
			 same);
	cert_free(cert);
}

static void make_node_certificate(void)
{
	make_account(&fixture, "one");
	make_root(&fixture, NULL, "root");
	json_decref(expect_result(
		ask(&fixture, NULL, "node.certificate",
		    json_pack("{s:s, s:[s]}", "ca", "root", "hosts", "console.test"))));
}

TEST(a_node_with_a_certificate_makes_none_and_shows_none)
{
	open_node();
	make_node_certificate();
	provide();
	assert_null(shown());
	close_node();
}

TEST(it_lasts_until_the_node_has_one)
{
	unsigned char first[CERT_FINGERPRINT_LEN];

	open_node();
	assert_null(shown());
	provide();
	struct cert *cert = shown();
	fingerprint_of(cert, first);
	assert_string_equal(cert_san(cert)->entries[0].value, "console.test");
	cert_free(cert);
	provide(); /* the next start */
	expect_shown(first, true);
	make_node_certificate();
	assert_null(shown());
	close_node();
}

TEST(it_is_made_anew_for_another_name_and_before_it_ends)
{
	unsigned char before[CERT_FINGERPRINT_LEN];

	open_node();
	provide();
	struct cert *old = shown();
	fingerprint_of(old, before);
	cert_free(old);
	fixture.manage.console_url = "https://[2001:db8::1]:9443";
	provide();
	expect_shown(before, false);
	struct cert *cert = shown();
	assert_string_equal(cert_san(cert)->entries[0].value, "2001:db8::1");
	fingerprint_of(cert, before);
	fixture.clock = clock_fixed(cert_not_after(cert) - INT64_C(86400) * 91);
	cert_free(cert);
	provide();
	expect_shown(before, true);
	fixture.clock = clock_fixed(NOW + INT64_C(86400) * 800);
	provide();
	expect_shown(before, false);
	close_node();
}

TEST(its_fingerprint_stands_beside_a_link_while_it_is_shown)
{
	open_node();
	provide();
	json_t *made = expect_result(ask(&fixture, NULL, "administrator.create",
					 json_pack("{s:s, s:s}", "name", "olga", "role", "owner")));
	assert_int_equal(strlen(text_at(at(made, "link"), "fingerprint")), 64);
	json_decref(made);
	json_t *node = expect_result(ask(&fixture, NULL, "node.show", NULL));
	assert_true(json_is_object(at(at(node, "console"), "self_made")));
	json_decref(node);

	/* a file serves: what we made is not what a browser is shown */
	fixture.manage.has_certificate_file = true;
	made = expect_result(
		ask(&fixture, NULL, "administrator.link", json_pack("{s:s}", "name", "olga")));
	assert_true(json_is_null(at(at(made, "link"), "fingerprint")));
	json_decref(made);
	close_node();
}

TEST_MAIN(RUN(a_node_with_a_certificate_makes_none_and_shows_none),
	  RUN(it_lasts_until_the_node_has_one),
	  RUN(it_is_made_anew_for_another_name_and_before_it_ends),
	  RUN(its_fingerprint_stands_beside_a_link_while_it_is_shown))
