#include "test.h"

#include "openssl_x509v3.h"
#include "sample.h"

static X509 *openssls(const struct buffer *der)
{
	const unsigned char *at = der->data;
	X509 *x509 = d2i_X509(NULL, &at, (long)der->len);

	assert_non_null(x509);
	assert_ptr_equal(at, der->data + der->len);
	return x509;
}

TEST(ci_04_serials_beyond_20_octets_are_refused)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct tbs tbs = { .signature_algorithm = SIGN_ECDSA_SHA256 };
	struct error err = { 0 };

	EXPECT_REFUSED(tbs_encode(&tbs, &der, &err), err, REASON_INTERNAL);
	tbs.serial = BYTES_LITERAL("123456789012345678901");
	EXPECT_REFUSED(tbs_encode(&tbs, &der, &err), err, REASON_INTERNAL);
	tbs.serial.len = 20;
	EXPECT_OK(tbs_encode(&tbs, &der, &err), err);
	tbs.signature_algorithm = SIGN_COUNT;
	EXPECT_REFUSED(tbs_encode(&tbs, &der, &err), err, REASON_INTERNAL);
}

TEST(nothing_is_assembled_without_a_signature)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	struct bytes tbs = BYTES_LITERAL("\x30\x00");

	EXPECT_REFUSED(tbs_sign_result(tbs, SIGN_ECDSA_SHA256, (struct bytes){ 0 }, &der, &err),
		       err, REASON_INTERNAL);
	EXPECT_REFUSED(tbs_sign_result(tbs, SIGN_COUNT, tbs, &der, &err), err, REASON_INTERNAL);
}

static void expect_verified_by_openssl(enum key_type type, enum signature_algorithm algorithm)
{
	CLEANUP(private_key_freep) struct private_key *key = sample_key(type);
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct plan plan = sample_ca(key, "C=DE,O=Acme,CN=Root");
	unsigned char *again = NULL;

	plan.algorithm = algorithm;
	sample_certificate(&plan, key, &der);
	X509 *x509 = openssls(&der);
	assert_int_equal(X509_verify(x509, X509_get0_pubkey(x509)), 1);
	assert_int_equal(i2d_X509(x509, &again), der.len);
	assert_memory_equal(again, der.data, der.len);
	OPENSSL_free(again);
	X509_free(x509);
}

TEST(openssl_verifies_what_we_assemble)
{
	expect_verified_by_openssl(KEY_P256, SIGN_ECDSA_SHA256);
	expect_verified_by_openssl(KEY_P384, SIGN_ECDSA_SHA384);
	expect_verified_by_openssl(KEY_P521, SIGN_ECDSA_SHA512);
	expect_verified_by_openssl(KEY_ED25519, SIGN_ED25519);
	expect_verified_by_openssl(KEY_RSA, SIGN_RSA_SHA256);
	expect_verified_by_openssl(KEY_RSA, SIGN_RSA_PSS_SHA256);
}

TEST(openssl_reads_every_field)
{
	CLEANUP(private_key_freep) struct private_key *key = sample_key(KEY_P256);
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct plan plan = sample_leaf(key, "CN=dev-1", "CN=CA");

	plan.san = BYTES_LITERAL("\x30\x03\x82\x01\x61");
	sample_certificate(&plan, key, &der);
	X509 *x509 = openssls(&der);
	assert_int_equal(X509_get_version(x509), X509_VERSION_3);
	assert_int_equal(ASN1_INTEGER_get(X509_get0_serialNumber(x509)), 0x040506);
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notBefore(x509), plan.not_before), 0);
	assert_int_equal(ASN1_TIME_cmp_time_t(X509_get0_notAfter(x509), plan.not_after), 0);
	assert_int_equal(X509_get_key_usage(x509), X509v3_KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_check_ca(x509), 0);
	assert_int_equal(X509_get_ext_count(x509), 5);
	assert_int_equal(X509_check_host(x509, "a", 1, 0, NULL), 1);
	X509_free(x509);
}

TEST(a_certificate_without_extensions_has_no_empty_list)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	struct tbs tbs = { .serial = BYTES_LITERAL("\x01"),
			   .signature_algorithm = SIGN_ED25519,
			   .issuer = BYTES_LITERAL("\x30\x00"),
			   .subject = BYTES_LITERAL("\x30\x00"),
			   .spki = BYTES_LITERAL("\x30\x00"),
			   .not_after = 1 };

	EXPECT_OK(tbs_encode(&tbs, &der, &err), err);
	assert_null(memchr(der.data, 0xa3, der.len));
}

TEST(what_was_written_is_read_back_and_all_else_refused)
{
	CLEANUP(buffer_done) struct buffer extensions = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	struct tbs back = { 0 };

	extension_write(&extensions, oid_key_usage, true, BYTES_LITERAL("\x03\x02\x07\x80"));
	const struct tbs tbs = {
		.serial = BYTES_LITERAL("\x01\x02"),
		.signature_algorithm = SIGN_ECDSA_SHA384,
		.issuer = BYTES_LITERAL("\x30\x00"),
		.not_before = 1000,
		.not_after = INT64_C(2524608000),
		.subject = BYTES_LITERAL("\x30\x02\x31\x00"),
		.spki = BYTES_LITERAL("\x30\x01\x00"),
		.extensions = buffer_view(&extensions),
	};
	EXPECT_OK(tbs_encode(&tbs, &der, &err), err);
	for (size_t len = 0; len < der.len; len++)
		EXPECT_REFUSED(tbs_parse((struct bytes){ der.data, len }, &back, &err), err,
			       REASON_INVALID);
	EXPECT_OK(tbs_parse(buffer_view(&der), &back, &err), err);
	assert_int_equal(back.signature_algorithm, SIGN_ECDSA_SHA384);
	assert_int_equal(back.not_before, 1000);
	assert_int_equal(back.not_after, INT64_C(2524608000));
	assert_true(bytes_equal(back.serial, tbs.serial) && bytes_equal(back.issuer, tbs.issuer) &&
		    bytes_equal(back.subject, tbs.subject) && bytes_equal(back.spki, tbs.spki) &&
		    bytes_equal(back.extensions, tbs.extensions));
	buffer_append_byte(&der, 0);
	EXPECT_REFUSED(tbs_parse(buffer_view(&der), &back, &err), err, REASON_INVALID);
}

TEST(a_date_beyond_9999_is_refused)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	struct tbs tbs = { .serial = BYTES_LITERAL("\x01"),
			   .signature_algorithm = SIGN_ED25519,
			   .not_after = INT64_MAX };

	assert_false(tbs_encode(&tbs, &der, &err));
}

TEST_MAIN(RUN(ci_04_serials_beyond_20_octets_are_refused),
	  RUN(nothing_is_assembled_without_a_signature), RUN(openssl_verifies_what_we_assemble),
	  RUN(openssl_reads_every_field), RUN(a_certificate_without_extensions_has_no_empty_list),
	  RUN(what_was_written_is_read_back_and_all_else_refused),
	  RUN(a_date_beyond_9999_is_refused))
