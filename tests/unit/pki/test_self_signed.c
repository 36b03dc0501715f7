#include "test.h"

#include "openssl_x509v3.h"
#include "pki/cert.h"
#include "pki/self_signed.h"

static struct name subject;
static struct san san;

static bool make(const struct san *names, struct buffer *ret, struct error *err)
{
	CLEANUP(private_key_freep) struct private_key *key = NULL;
	const struct self_signed content = {
		.subject = &subject, .san = names, .not_before = 1790000000, .not_after = 1790086399
	};

	return private_key_generate(KEY_P256, 0, &key, err) &&
	       self_signed_make(&content, key, ret, err);
}

TEST(a_name_that_cannot_be_written_is_refused)
{
	struct san_entry other = { .type = SAN_OTHER, .value = (char *)(uintptr_t) "?" };
	const struct san names = { &other, 1 };
	struct buffer der = { 0 };
	struct error err = { 0 };

	EXPECT_REFUSED(make(&names, &der, &err), err, err.reason);
	assert_int_not_equal(err.reason, REASON_NONE);
	buffer_done(&der);
}

TEST(openssl_takes_it_for_a_server_and_for_nothing_else)
{
	struct buffer der = { 0 };
	struct error err = { 0 };

	EXPECT_OK(name_append(&subject, NAME_COMMON_NAME, "Console", &err), err);
	EXPECT_OK(san_append(&san, SAN_DNS, "pki.test", &err), err);
	EXPECT_OK(make(&san, &der, &err), err);

	const unsigned char *at = der.data;
	X509 *x509 = d2i_X509(NULL, &at, (long)der.len);
	assert_non_null(x509);
	EVP_PKEY *key = X509_get_pubkey(x509);
	assert_int_equal(X509_verify(x509, key), 1);
	assert_int_equal(X509_check_host(x509, "pki.test", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(x509, "other.test", 0, 0, NULL), 0);
	assert_int_equal(X509_check_purpose(x509, X509_PURPOSE_SSL_SERVER, 0), 1);
	assert_int_equal(X509_check_purpose(x509, X509_PURPOSE_SSL_CLIENT, 0), 0);
	assert_int_equal(X509_check_ca(x509), 0);
	EVP_PKEY_free(key);
	X509_free(x509);
	buffer_done(&der);
}

TEST(our_own_reader_takes_it_and_no_two_have_one_serial)
{
	struct buffer ders[2] = { 0 };
	struct cert *certs[2] = { 0 };
	struct error err = { 0 };

	for (size_t i = 0; i < 2; i++) {
		EXPECT_OK(make(&san, &ders[i], &err), err);
		EXPECT_OK(cert_parse(buffer_view(&ders[i]), &certs[i], &err), err);
		assert_true(cert_is_self_issued(certs[i]));
		assert_false(cert_is_ca(certs[i]));
		assert_int_equal(cert_not_after(certs[i]), 1790086399);
	}
	assert_false(bytes_equal(cert_serial(certs[0]), cert_serial(certs[1])));
	for (size_t i = 0; i < 2; i++) {
		cert_free(certs[i]);
		buffer_done(&ders[i]);
	}
	name_done(&subject);
	san_done(&san);
}

TEST_MAIN(RUN(a_name_that_cannot_be_written_is_refused),
	  RUN(openssl_takes_it_for_a_server_and_for_nothing_else),
	  RUN(our_own_reader_takes_it_and_no_two_have_one_serial))
