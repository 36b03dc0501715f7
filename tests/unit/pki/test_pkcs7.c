#include "test.h"

#include <openssl/pkcs7.h>
#include <openssl/x509.h>

#include "hex.h"
#include "pki/pkcs7.h"
#include "sample.h"

#define SIGNED_DATA "06 09 2a864886f70d010702"
#define DATA "06 09 2a864886f70d010701"

static PKCS7 *openssls(const struct buffer *der)
{
	const unsigned char *at = der->data;
	PKCS7 *pkcs7 = d2i_PKCS7(NULL, &at, (long)der->len);

	assert_non_null(pkcs7);
	assert_ptr_equal(at, der->data + der->len);
	return pkcs7;
}

TEST(answers_are_certs_only_for_openssl)
{
	CLEANUP(private_key_freep) struct private_key *key = sample_key(KEY_P256);
	CLEANUP(buffer_done) struct buffer leaf = { 0 };
	CLEANUP(buffer_done) struct buffer ca = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct plan leaf_plan = sample_leaf(key, "CN=dev-1", "CN=CA");
	struct plan ca_plan = sample_ca(key, "CN=CA");
	struct error err = { 0 };
	unsigned char *again = NULL;

	sample_certificate(&leaf_plan, key, &leaf);
	sample_certificate(&ca_plan, key, &ca);
	struct bytes certs[] = { buffer_view(&leaf), buffer_view(&ca) };
	EXPECT_OK(pkcs7_certs_only_encode(certs, 2, &der, &err), err);
	assert_ptr_equal(certs[0].data, leaf.data); /* the caller's order is left alone */

	PKCS7 *pkcs7 = openssls(&der);
	assert_int_equal(OBJ_obj2nid(pkcs7->type), NID_pkcs7_signed);
	assert_int_equal(ASN1_INTEGER_get(pkcs7->d.sign->version), 1);
	assert_int_equal(sk_X509_ALGOR_num(pkcs7->d.sign->md_algs), 0);
	assert_int_equal(sk_PKCS7_SIGNER_INFO_num(pkcs7->d.sign->signer_info), 0);
	assert_int_equal(OBJ_obj2nid(pkcs7->d.sign->contents->type), NID_pkcs7_data);
	assert_null(pkcs7->d.sign->contents->d.ptr);
	assert_int_equal(sk_X509_num(pkcs7->d.sign->cert), 2);
	assert_int_equal(i2d_PKCS7(pkcs7, &again), der.len);
	assert_memory_equal(again, der.data, der.len);
	OPENSSL_free(again);
	PKCS7_free(pkcs7);
}

TEST(an_answer_without_certificates_is_refused)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };

	EXPECT_REFUSED(pkcs7_certs_only_encode(NULL, 0, &der, &err), err, REASON_INTERNAL);
}

static size_t count_certs(const char *hex, struct error *err)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct der certs = { 0 };
	size_t count = 0;

	if (!pkcs7_certs_open(hex_into(&der, hex), &certs, err))
		return SIZE_MAX;
	for (; certs.rest.len > 0; count++)
		der_read_whole(&certs, DER_SEQUENCE);
	return count;
}

TEST(co_18_a_pkcs7_in_a_pkcs7_is_refused)
{
	static const char *const refused[] = {
		/* eContentType signedData */
		"30 27" SIGNED_DATA "a0 1a 30 18 020101 3100 300b" SIGNED_DATA "a0 02 3000 3100",
		/* data with something in it */
		"30 2d" SIGNED_DATA "a0 20 30 1e 020101 3100 3011" DATA
		"a0 04 0402 3000 a0 02 3000 3100",
	};
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		err = (struct error){ 0 };
		assert_true(count_certs(refused[i], &err) == SIZE_MAX);
		assert_int_equal(err.reason, REASON_IMPORT_MALFORMED);
		assert_non_null(strstr(err.detail, "contents of its own"));
	}
}

TEST(certificates_are_found_among_crls_and_signers)
{
	struct error err = { 0 };

	assert_int_equal(count_certs("30 27" SIGNED_DATA "a0 1a 30 18 020101 3100 300b" DATA
				     "a0 02 3000 3100",
				     &err),
			 1);
	assert_int_equal(count_certs("30 2b" SIGNED_DATA "a0 1e 30 1c 020101 3100 300b" DATA
				     "a0 04 30003000 a1 00 3100",
				     &err),
			 2);
	/* an empty eContent, as old writers have it */
	assert_int_equal(count_certs("30 2b" SIGNED_DATA "a0 1e 30 1c 020101 3100 300f" DATA
				     "a0 02 0400 a0 02 3000 3100",
				     &err),
			 1);
}

TEST(broken_pkcs7_is_refused)
{
	static const char *const refused[] = {
		"",
		"3000",
		"30 0b" SIGNED_DATA,
		"30 0b" DATA,
		"30 80" SIGNED_DATA,
		"30 23" SIGNED_DATA "a0 16 30 14 020101 3100 300b" DATA
		"3100", /* no certificates */
		"30 25" SIGNED_DATA "a0 18 30 16 020101 3100 300b" DATA
		"a0 02 3000", /* no signers */
		"30 27" SIGNED_DATA "a0 1a 30 18 020101 3100 300b" DATA "a0 02 3000 3100 00",
		"30 27" DATA "a0 1a 30 18 020101 3100 300b" DATA "a0 02 3000 3100",
	};
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (count_certs(refused[i], &err) != SIZE_MAX)
			fail_msg("taken: %s", refused[i]);
}

TEST_MAIN(RUN(answers_are_certs_only_for_openssl), RUN(an_answer_without_certificates_is_refused),
	  RUN(co_18_a_pkcs7_in_a_pkcs7_is_refused),
	  RUN(certificates_are_found_among_crls_and_signers), RUN(broken_pkcs7_is_refused))
