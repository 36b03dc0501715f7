/* CI-07: each rule of what a certificate says, broken once. */
#include "pki/lint.h"
#include "pki/ocsp_oid.h"

#include "hex.h"
#include "sample.h"

#define VIEW(literal) BYTES_LITERAL(literal)

static struct private_key *ca_key, *leaf_key, *rsa_key;
static struct cert *ca;

static int make_keys(void **state)
{
	(void)state;
	ca_key = sample_key(KEY_P256);
	leaf_key = sample_key(KEY_P256);
	rsa_key = sample_key(KEY_RSA);
	struct plan plan = sample_ca(ca_key, "O=Acme,CN=CA");
	ca = sample_cert(&plan, ca_key);
	return 0;
}

static int drop_keys(void **state)
{
	(void)state;
	cert_free(ca);
	private_key_free(ca_key);
	private_key_free(leaf_key);
	private_key_free(rsa_key);
	return 0;
}

static struct plan leaf(void)
{
	return sample_leaf(leaf_key, "CN=dev-1", "O=Acme,CN=CA");
}

/* `rule` NULL: clean. */
static void expect(const struct plan *plan, const char *rule)
{
	CLEANUP(buffer_done) struct buffer tbs = { 0 };
	struct error err = { 0 };

	sample_tbs(plan, &tbs);
	if (!rule) {
		EXPECT_OK(lint_tbs(buffer_view(&tbs), ca, NULL, &err), err);
		return;
	}
	EXPECT_REFUSED(lint_tbs(buffer_view(&tbs), ca, NULL, &err), err, REASON_LINT_FAILED);
	if (strncmp(err.detail, rule, strlen(rule)) != 0 || err.detail[strlen(rule)] != ':')
		fail_msg("got \"%s\"; wanted rule %s", err.detail, rule);
}

/* A leaf with one extension more. */
static void expect_with(struct bytes oid, bool critical, const char *value, const char *rule)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(buffer_done) struct buffer more = { 0 };
	struct plan plan = leaf();

	extension_write(&more, oid, critical, hex_into(&der, value));
	plan.more = buffer_view(&more);
	expect(&plan, rule);
}

static void expect_purposes(const char *value, unsigned int usage, const char *rule)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct plan plan = leaf();

	plan.key = rsa_key;
	plan.key_usage = usage;
	plan.ext_key_usage = hex_into(&der, value);
	expect(&plan, rule);
}

TEST(ci_07_extension_der)
{
	static const struct bytes oid = VIEW("\x2b\x06\x01\x04\x01\x86\x8d\x1f\x01");

	expect_with(oid, false, "05", "extension_der");
	expect_with(oid, false, "0500 00", "extension_der");
	expect_with(oid, false, "30 80 0000", "extension_der");
	expect_with(oid, false, "01 01 01", "extension_der");
	expect_with(oid, true, "3003 0101ff", NULL);
}

/* CS-38 */
TEST(cs_38_extension_foreign)
{
	expect_with(VIEW("\x55\x1d\x24"), true, "3003 800100", "extension_foreign");
	expect_with(VIEW("\x55\x1d\x36"), true, "020100", "extension_foreign");
	expect_with(VIEW("\x55\x1d\x21"), true, "300c 300a 0603 2a0304 0603 2a0305",
		    "extension_foreign");
	expect_with(VIEW("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x03"), true, "0500",
		    "extension_foreign");
	expect_with(VIEW("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02"), false, "0402 0000",
		    "extension_foreign");
	expect_with(oid_ocsp_no_check, false, "0500", "ocsp_no_check");
}

#define CLIENT "0608 2b06010505070302"
#define SIGNER "0608 2b06010505070303"
#define UNKNOWN "0603 2a0304"

TEST(ci_07_ext_key_usage)
{
	expect_purposes("3014" CLIENT CLIENT, KU_DIGITAL_SIGNATURE, "ext_key_usage_twice");
	expect_purposes("300a" CLIENT, KU_KEY_ENCIPHERMENT, "usages_agree");
	expect_purposes("3014" CLIENT SIGNER, KU_KEY_ENCIPHERMENT, "usages_agree");
	expect_purposes("300f" CLIENT UNKNOWN, KU_KEY_ENCIPHERMENT, NULL);
	expect_purposes("3014" CLIENT SIGNER, KU_DIGITAL_SIGNATURE, NULL);
	expect_with(oid_ext_key_usage, true, "3006 0604 551d2500", "ext_key_usage_any");
	expect_with(oid_ext_key_usage, false, "3006 0604 551d2500", NULL);
}

TEST(ci_07_crl_sign)
{
	struct plan plan = leaf();

	plan.key_usage = KU_DIGITAL_SIGNATURE | KU_CRL_SIGN;
	expect(&plan, "crl_sign");
}

/* RFC 5280 4.1.2.6 */
TEST(ci_07_subject_email)
{
	struct plan plan = leaf();

	plan.subject = "CN=dev-1,emailAddress=a@b.example";
	expect(&plan, "subject_email");
	plan.san = VIEW("\x30\x0d\x81\x0b"
			"c@b.example");
	expect(&plan, "subject_email");
	plan.san = VIEW("\x30\x0d\x81\x0b"
			"a@B.EXAMPLE");
	expect(&plan, NULL);
}

/* RFC 5280 4.2.1.6 */
TEST(ci_07_san_critical)
{
	struct plan plan = leaf();

	plan.san = VIEW("\x30\x03\x82\x01\x61");
	plan.san_critical = true;
	expect(&plan, "san_critical");
	plan.subject = "";
	expect(&plan, NULL);
}

static void expect_san(struct bytes san, const char *rule)
{
	struct plan plan = leaf();

	plan.san = san;
	expect(&plan, rule);
}

/* RFC 9598 2: an rfc822Name is ASCII; the SmtpUTF8Mailbox that would hold the rest is not issued.
 * RFC 9549 2.2: other scripts stand as A-labels, which are Punycode. RFC 5280 4.2.1.6: a URI's
 * host. */
TEST(ci_07_names_of_other_scripts)
{
	expect_san(VIEW("\x30\x0e\x81\x0c"
			"\xc3\xbc@b.example"),
		   "san");
	expect_san(VIEW("\x30\x18\xa0\x16\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09\xa0\x0a\x0c\x08"
			"\xc3\xbc@b.ex"),
		   "san");
	expect_san(VIEW("\x30\x0b\x82\x09"
			"xn--\x7f.com"),
		   "san");
	expect_san(VIEW("\x30\x0f\x82\x0d"
			"b\xc3\xbc"
			"ch.example"),
		   "san");
	expect_san(VIEW("\x30\x0a\x86\x08http:///"), "san");
	expect_san(VIEW("\x30\x0f\x82\x0dxn--bcher-kva"), NULL);
}

/* RFC 5280 4.2.1.4; of qualifiers only the CPS URI, so that RFC 6818's care with explicitText is
 * nobody's. */
TEST(ci_07_certificate_policies)
{
	static const char *const broken[] = {
		"3000",
		"3002 3000",
		"0500",
		"300e 3005 0603 2a0304 3005 0603 2a0304",
		"3009 3007 0603 2a0304 3000",
		/* a user notice with an explicitText */
		"301d 301b 0603 2a0304 3014 3012 0608 2b06010505070202 3006 0c04 74657874",
	};

	for (size_t i = 0; i < ARRAY_LEN(broken); i++)
		expect_with(oid_certificate_policies, false, broken[i], "certificate_policies");
	expect_with(oid_certificate_policies, true, "3007 3005 0603 2a0304", NULL);
	expect_with(oid_certificate_policies, false,
		    "301a 3018 0603 2a0304 3011 300f 0608 2b06010505070201 1603 613a62", NULL);
}

TEST(ci_07_crl_distribution_points)
{
	static const char *const broken[] = {
		"3000",
		"3002 3000",
		"3006 3004 a002 a000",
		"300a 3008 a006 a004 8202 6162",
		"300b 3009 a007 a005 8603 61626f",
		/* a cRLIssuer, and reasons */
		"300f 300d a007 a005 8603 613a62 a202 3000",
		"300f 300d a007 a005 8603 613a62 8102 0780",
	};

	for (size_t i = 0; i < ARRAY_LEN(broken); i++)
		expect_with(oid_crl_distribution_points, false, broken[i],
			    "crl_distribution_points");
	expect_with(oid_crl_distribution_points, true, "300b 3009 a007 a005 8603 613a62",
		    "crl_distribution_points");
	expect_with(oid_crl_distribution_points, false, "300b 3009 a007 a005 8603 613a62", NULL);
}

TEST(ci_07_authority_info_access)
{
	static const char *const broken[] = {
		"3000",
		"3002 3000",
		"300c 300a 0608 2b06010505073001",
		"3010 300e 0608 2b06010505073001 8202 6162",
		"3011 300f 0608 2b06010505073001 8603 616262",
	};

	for (size_t i = 0; i < ARRAY_LEN(broken); i++)
		expect_with(oid_authority_info_access, false, broken[i], "authority_info_access");
	expect_with(oid_authority_info_access, true, "3011 300f 0608 2b06010505073001 8603 613a62",
		    "authority_info_access");
	expect_with(oid_authority_info_access, false, "3011 300f 0608 2b06010505073001 8603 613a62",
		    NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(ci_07_extension_der),           RUN(cs_38_extension_foreign),
		RUN(ci_07_ext_key_usage),           RUN(ci_07_crl_sign),
		RUN(ci_07_subject_email),           RUN(ci_07_san_critical),
		RUN(ci_07_names_of_other_scripts),  RUN(ci_07_certificate_policies),
		RUN(ci_07_crl_distribution_points), RUN(ci_07_authority_info_access),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
