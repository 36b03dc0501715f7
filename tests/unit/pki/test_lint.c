#include "test.h"

#include "hex.h"
#include "pki/lint.h"
#include "sample.h"

#define VIEW(literal) BYTES_LITERAL(literal)

/* One CA and one device, made once. */
static struct private_key *ca_key, *leaf_key, *rsa_key, *ed_key;
static struct cert *ca;

static int make_keys(void **state)
{
	(void)state;
	ca_key = sample_key(KEY_P256);
	leaf_key = sample_key(KEY_P256);
	rsa_key = sample_key(KEY_RSA);
	ed_key = sample_key(KEY_ED25519);
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
	private_key_free(ed_key);
	return 0;
}

static struct plan leaf(void)
{
	return sample_leaf(leaf_key, "CN=dev-1", "O=Acme,CN=CA");
}

static struct plan sub_ca(void)
{
	struct plan plan = sample_ca(leaf_key, "O=Acme,CN=Sub");

	plan.issuer = "O=Acme,CN=CA";
	plan.authority = VIEW("ca key identifier");
	plan.key_id = VIEW("sub key identifier");
	return plan;
}

static void expect_clean_below(const struct plan *plan, const struct cert *issuer)
{
	CLEANUP(buffer_done) struct buffer tbs = { 0 };
	struct error err = { 0 };

	sample_tbs(plan, &tbs);
	EXPECT_OK(lint_tbs(buffer_view(&tbs), issuer, NULL, &err), err);
}

static void expect_broken_tbs(struct bytes tbs, const struct cert *issuer, const char *rule)
{
	struct error err = { 0 };

	EXPECT_REFUSED(lint_tbs(tbs, issuer, NULL, &err), err, REASON_LINT_FAILED);
	if (strncmp(err.detail, rule, strlen(rule)) != 0 || err.detail[strlen(rule)] != ':')
		fail_msg("got \"%s\"; wanted rule %s", err.detail, rule);
	assert_non_null(strstr(err.detail, "RFC 5280"));
}

static void expect_broken_below(const struct plan *plan, const struct cert *issuer,
				const char *rule)
{
	CLEANUP(buffer_done) struct buffer tbs = { 0 };

	sample_tbs(plan, &tbs);
	expect_broken_tbs(buffer_view(&tbs), issuer, rule);
}

static void expect_clean(const struct plan *plan)
{
	expect_clean_below(plan, ca);
}

static void expect_broken(const struct plan *plan, const char *rule)
{
	expect_broken_below(plan, ca, rule);
}

/* Puts other bytes, as many, in the place of the only such bytes. */
static void expect_broken_when(const struct plan *plan, const char *from, const char *to,
			       const char *rule)
{
	CLEANUP(buffer_done) struct buffer tbs = { 0 };
	CLEANUP(buffer_done) struct buffer old = { 0 };
	CLEANUP(buffer_done) struct buffer new = { 0 };

	sample_tbs(plan, &tbs);
	hex_into(&old, from);
	hex_into(&new, to);
	assert_int_equal(old.len, new.len);
	unsigned char *at = memmem(tbs.data, tbs.len, old.data, old.len);
	assert_non_null(at);
	memcpy(at, new.data, new.len);
	expect_broken_tbs(buffer_view(&tbs), ca, rule);
}

TEST(ci_07_sound_certificates_pass)
{
	struct plan plan = leaf();

	expect_clean(&plan);
	plan.key = rsa_key;
	plan.key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT;
	plan.ext_key_usage = VIEW("\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02");
	plan.san = VIEW("\x30\x09\x82\x01\x61\x87\x04\x0a\x00\x00\x01");
	expect_clean(&plan);
	plan = sub_ca();
	expect_clean(&plan);
	plan = sample_ca(ca_key, "CN=Root");
	expect_clean_below(&plan, NULL);
	plan.key = ed_key;
	plan.algorithm = SIGN_ED25519;
	plan.authority = plan.key_id;
	plan.not_after = 4102444800; /* 2100 */
	expect_clean_below(&plan, NULL);
}

TEST(ci_07_structure)
{
	CLEANUP(buffer_done) struct buffer tbs = { 0 };
	struct plan plan = leaf();

	sample_tbs(&plan, &tbs);
	expect_broken_tbs((struct bytes){ 0 }, ca, "structure");
	expect_broken_tbs((struct bytes){ tbs.data, tbs.len - 1 }, ca, "structure");
	buffer_append_byte(&tbs, 0);
	expect_broken_tbs(buffer_view(&tbs), ca, "structure");
}

TEST(ci_07_version)
{
	struct plan plan = leaf();

	expect_broken_when(&plan, "a003020102", "a003020101", "version");
}

TEST(ci_07_serial)
{
	static const struct bytes broken[] = {
		VIEW("\0"), VIEW("\x80"), VIEW("\0\x01"), VIEW("\xff\xff"), VIEW("\0\0\x80"),
	};
	struct plan plan = leaf();

	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		plan.serial = broken[i];
		expect_broken(&plan, "serial");
	}
	plan.serial = VIEW("\0\x80");
	expect_clean(&plan);
	plan.serial = VIEW("\x7f"
			   "1234567890123456789");
	expect_clean(&plan);
}

TEST(ci_07_signature_algorithm)
{
	struct plan plan = leaf();

	plan.algorithm = SIGN_RSA_SHA256;
	expect_broken(&plan, "signature_algorithm");
	plan.algorithm = SIGN_ED25519;
	expect_broken(&plan, "signature_algorithm");
	plan.algorithm = SIGN_ECDSA_SHA256;
	expect_broken_when(&plan, "06082a8648ce3d040302", "06082a8648ce3d040301",
			   "signature_algorithm");
}

TEST(ci_07_key)
{
	CLEANUP(public_key_freep) struct public_key *key = NULL;
	CLEANUP(buffer_done) struct buffer tbs = { 0 };
	struct plan plan = leaf();
	struct error err = { 0 };

	sample_tbs(&plan, &tbs);
	EXPECT_OK(private_key_public(leaf_key, &key, &err), err);
	struct bytes point = public_key_bit_string(key);
	unsigned char *at = memmem(tbs.data, tbs.len, point.data, point.len);
	at[point.len - 1] ^= 1;
	expect_broken_tbs(buffer_view(&tbs), ca, "key");
}

TEST(ci_07_issuer_ca)
{
	struct plan issuer_plan = leaf();
	CLEANUP(cert_freep) struct cert *issuer = sample_cert(&issuer_plan, ca_key);
	struct plan plan = leaf();

	expect_broken_below(&plan, issuer, "issuer_ca");
}

TEST(ci_07_issuer_name)
{
	struct plan plan = leaf();

	plan.issuer = "O=Acme,CN=ca"; /* equal by rule, but not the same bytes */
	expect_broken(&plan, "issuer_name");
	plan = sample_ca(ca_key, "CN=Root");
	plan.issuer = "CN=Other";
	expect_broken_below(&plan, NULL, "issuer_name");
}

TEST(ci_05_validity)
{
	struct plan plan = leaf();

	plan.not_after = plan.not_before;
	expect_broken(&plan, "validity");
	plan.not_after = plan.not_before + 1;
	expect_clean(&plan);
	plan.not_after = SAMPLE_NOT_AFTER;
	plan.not_before = SAMPLE_NOT_BEFORE;
	expect_clean(&plan);
	plan.not_after = SAMPLE_NOT_AFTER + 1;
	expect_broken(&plan, "validity_nesting");
	plan.not_after = SAMPLE_NOT_AFTER;
	plan.not_before = SAMPLE_NOT_BEFORE - 1;
	expect_broken(&plan, "validity_nesting");
}

TEST(ci_10_validity_form)
{
	struct plan plan = leaf();

	plan.not_after = 2524608000; /* 2050-01-01, the first GeneralizedTime */
	expect_broken_when(&plan, "180f 3230353030313031", "180f 3230343930313031",
			   "validity_form");
}

TEST(ci_07_subject)
{
	struct plan plan = leaf();

	expect_broken_when(&plan, "0c05 6465762d31", "0c05 6465760a31", "subject");
	expect_broken_when(&plan, "0c05 6465762d31", "1305 6465762d31", "subject_form");
	expect_broken_when(&plan, "0603550403 0c05 6465762d31", "0603550406 0c05 6465762d31",
			   "subject");
}

TEST(cs_25_an_empty_subject_needs_a_critical_san)
{
	struct plan plan = leaf();

	plan.subject = "";
	expect_broken(&plan, "subject_empty");
	plan.san = VIEW("\x30\x03\x82\x01\x61");
	expect_broken(&plan, "subject_empty");
	plan.san_critical = true;
	expect_clean(&plan);
	plan = sub_ca();
	plan.subject = "";
	plan.san = VIEW("\x30\x03\x82\x01\x61");
	plan.san_critical = true;
	expect_broken(&plan, "subject_empty");
}

TEST(ci_07_extensions)
{
	CLEANUP(buffer_done) struct buffer more = { 0 };
	struct plan plan = leaf();

	extension_write(&more, oid_key_usage, true, VIEW("\x03\x02\x07\x80"));
	plan.more = buffer_view(&more);
	expect_broken(&plan, "extensions");
	plan.more = VIEW("\x30\x0a\x06\x01\x2a\x01\x01\0\x04\x02\x05\0"); /* critical FALSE */
	expect_broken(&plan, "extensions_form");
	plan.more = VIEW("\x30\x07\x06\x01\x2a\x04\x02\x05\0");
	expect_clean(&plan);
	plan.more = VIEW("\x30\x05\x06\x01\x2a\x04\0");
	expect_broken(&plan, "extensions");
}

TEST(ci_07_key_identifiers)
{
	CLEANUP(buffer_done) struct buffer more = { 0 };
	struct plan plan = leaf();

	plan.authority = VIEW("another");
	expect_broken(&plan, "authority_key_id");
	plan.authority = (struct bytes){ 0 };
	expect_broken(&plan, "authority_key_id");
	plan = sub_ca();
	plan.key_id = (struct bytes){ 0 };
	expect_broken(&plan, "subject_key_id");
	plan = leaf();
	plan.key_id = (struct bytes){ 0 };
	expect_clean(&plan);
	extension_write(&more, oid_subject_key_id, true, VIEW("\x04\x01\x61"));
	plan.more = buffer_view(&more);
	expect_broken(&plan, "key_id_critical");
}

TEST(an_imported_ca_without_a_key_identifier_may_issue)
{
	struct plan above_plan = sample_ca(ca_key, "O=Acme,CN=CA");
	struct plan plan = leaf();

	above_plan.key_id = (struct bytes){ 0 };
	CLEANUP(cert_freep) struct cert *above = sample_cert(&above_plan, ca_key);
	expect_clean_below(&plan, above);
	plan.authority = (struct bytes){ 0 };
	expect_clean_below(&plan, above);
}

TEST(ci_07_key_usage)
{
	struct plan plan = leaf();

	plan.key_usage = 0;
	expect_broken(&plan, "key_usage");
	plan.key_usage = KU_DIGITAL_SIGNATURE;
	expect_broken_when(&plan, "030207 80", "030200 80", "key_usage"); /* surplus zero bits */
	plan.key_usage = KU_KEY_ENCIPHERMENT;
	expect_broken(&plan, "key_usage_key");
	plan.key_usage = KU_KEY_AGREEMENT;
	expect_clean(&plan);
	plan.key_usage = KU_DIGITAL_SIGNATURE | KU_ENCIPHER_ONLY;
	expect_broken(&plan, "key_usage_agreement");
	plan.key = rsa_key;
	plan.key_usage = KU_KEY_AGREEMENT;
	expect_broken(&plan, "key_usage_key");
	plan.key = ed_key;
	expect_broken(&plan, "key_usage_key");
}

TEST(cs_35_ca_and_key_cert_sign_go_together)
{
	struct plan plan = leaf();

	plan.key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_CERT_SIGN;
	expect_broken(&plan, "ca");
	plan = sub_ca();
	plan.key_usage = KU_CRL_SIGN;
	expect_broken(&plan, "ca");
	plan = sub_ca();
	plan.constraints_not_critical = true;
	expect_broken(&plan, "ca_critical");
	plan = leaf();
	plan.constraints_not_critical = true;
	expect_clean(&plan);
}

TEST(ci_10_basic_constraints_are_der)
{
	struct plan plan = leaf();

	plan.constraints_not_critical = true;
	plan.path_len = 0;
	expect_broken(&plan, "path_len");
	plan.path_len = -1;
	plan.is_ca = true;
	expect_broken_when(&plan, "0405 30030101ff", "0405 3003010100", "basic_constraints");
}

TEST(ci_07_path_len_is_kept)
{
	struct plan above_plan = sample_ca(ca_key, "O=Acme,CN=CA");
	struct plan plan = sub_ca();

	above_plan.path_len = 0;
	CLEANUP(cert_freep) struct cert *none = sample_cert(&above_plan, ca_key);
	expect_broken_below(&plan, none, "path_len_kept");
	above_plan.path_len = 1;
	CLEANUP(cert_freep) struct cert *one = sample_cert(&above_plan, ca_key);
	plan.path_len = 1;
	expect_broken_below(&plan, one, "path_len_kept");
	plan.path_len = 0;
	expect_clean_below(&plan, one);
	plan = leaf();
	expect_clean_below(&plan, none);
}

TEST(cs_41_purposes_and_names_are_not_empty)
{
	struct plan plan = leaf();

	plan.ext_key_usage = VIEW("\x30\0");
	expect_broken(&plan, "ext_key_usage");
	plan.ext_key_usage = VIEW("\x30\x02\x05\0");
	expect_broken(&plan, "ext_key_usage");
	plan = leaf();
	plan.san = VIEW("\x30\0");
	expect_broken(&plan, "san");
	plan.san = VIEW("\x30\x03\x82\x01_");
	expect_broken(&plan, "san");
	plan.san = VIEW("\x30\x04\xa4\x02\x30\0"); /* a type that is not issued */
	expect_broken(&plan, "san");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(ci_07_sound_certificates_pass),
		RUN(ci_07_structure),
		RUN(ci_07_version),
		RUN(ci_07_serial),
		RUN(ci_07_signature_algorithm),
		RUN(ci_07_key),
		RUN(ci_07_issuer_ca),
		RUN(ci_07_issuer_name),
		RUN(ci_05_validity),
		RUN(ci_10_validity_form),
		RUN(ci_07_subject),
		RUN(cs_25_an_empty_subject_needs_a_critical_san),
		RUN(ci_07_extensions),
		RUN(ci_07_key_identifiers),
		RUN(an_imported_ca_without_a_key_identifier_may_issue),
		RUN(ci_07_key_usage),
		RUN(cs_35_ca_and_key_cert_sign_go_together),
		RUN(ci_10_basic_constraints_are_der),
		RUN(ci_07_path_len_is_kept),
		RUN(cs_41_purposes_and_names_are_not_empty),
	};

	return cmocka_run_group_tests(tests, make_keys, drop_keys);
}
