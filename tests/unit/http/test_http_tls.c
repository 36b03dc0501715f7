/* What a TLS context is made from, and what it refuses to be made from. */
#include "test.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "http/tls.h"

struct pem {
	struct buffer chain, key, key_der, encrypted_key;
};

static EVP_PKEY *new_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	assert_non_null(key);
	return key;
}

static void append_certificate(EVP_PKEY *key, struct buffer *to)
{
	X509 *x = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;

	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 1), 1);
	X509_gmtime_adj(X509_getm_notBefore(x), 0);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_bio_X509(bio, x), 1);
	long len = BIO_get_mem_data(bio, &text);
	buffer_append(to, (struct bytes){ (unsigned char *)text, (size_t)len });
	BIO_free(bio);
	X509_free(x);
}

static void append_key(EVP_PKEY *key, int (*write)(BIO *, EVP_PKEY *), struct buffer *to)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;

	assert_int_equal(write(bio, key), 1);
	long len = BIO_get_mem_data(bio, &text);
	buffer_append(to, (struct bytes){ (unsigned char *)text, (size_t)len });
	BIO_free(bio);
}

static int write_pem(BIO *bio, EVP_PKEY *key)
{
	return PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
}

static int write_encrypted(BIO *bio, EVP_PKEY *key)
{
	return PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_128_cbc(), "secret", 6, NULL, NULL);
}

static int write_der(BIO *bio, EVP_PKEY *key)
{
	return i2d_PKCS8PrivateKey_bio(bio, key, NULL, NULL, 0, NULL, NULL);
}

static struct pem new_identity(void)
{
	EVP_PKEY *key = new_key();
	struct pem pem = { 0 };

	append_certificate(key, &pem.chain);
	append_key(key, write_pem, &pem.key);
	append_key(key, write_der, &pem.key_der);
	append_key(key, write_encrypted, &pem.encrypted_key);
	EVP_PKEY_free(key);
	return pem;
}

static void pem_done(struct pem *pem)
{
	buffer_done(&pem->chain);
	buffer_wipe(&pem->key);
	buffer_wipe(&pem->key_der);
	buffer_wipe(&pem->encrypted_key);
}

static void expect_refused(struct bytes chain, struct bytes key)
{
	const struct tls_options options = { .chain_pem = chain, .key = key };
	struct tls_context *context = NULL;
	struct error err;

	EXPECT_REFUSED(tls_context_new(&options, &context, &err), err, REASON_INVALID);
	assert_null(context);
}

TEST(a_context_is_not_made_from_what_does_not_fit)
{
	CLEANUP(pem_done) struct pem mine = new_identity(), other = new_identity();
	struct bytes chain = buffer_view(&mine.chain), key = buffer_view(&mine.key);

	expect_refused(chain, buffer_view(&other.key));
	expect_refused(chain, buffer_view(&mine.encrypted_key));
	expect_refused(chain, (struct bytes){ key.data, key.len / 2 });
	expect_refused(chain, (struct bytes){ 0 });
	expect_refused(chain, BYTES_LITERAL("x"));
	expect_refused((struct bytes){ 0 }, key);
	expect_refused(BYTES_LITERAL("no certificate"), key);
	expect_refused((struct bytes){ chain.data, chain.len / 2 }, key);
	expect_refused(key, key);
}

TEST(a_chain_is_bounded)
{
	CLEANUP(pem_done) struct pem mine = new_identity();
	CLEANUP(buffer_done) struct buffer chain = { 0 };

	for (int i = 0; i < 11; i++)
		buffer_append(&chain, buffer_view(&mine.chain));
	expect_refused(buffer_view(&chain), buffer_view(&mine.key));
}

static void expect_taken(struct bytes chain, struct bytes key)
{
	const struct tls_options options = { .chain_pem = chain, .key = key, .allow_tls12 = true };
	CLEANUP(tls_context_unrefp) struct tls_context *context = NULL;
	struct error err;

	EXPECT_OK(tls_context_new(&options, &context, &err), err);
	struct tls_context *again = tls_context_ref(context);
	tls_context_unref(again);
}

TEST(pem_and_der_keys_and_a_chain_twin)
{
	CLEANUP(pem_done) struct pem mine = new_identity(), upper = new_identity();

	expect_taken(buffer_view(&mine.chain), buffer_view(&mine.key));
	expect_taken(buffer_view(&mine.chain), buffer_view(&mine.key_der));
	buffer_append(&mine.chain, buffer_view(&upper.chain));
	expect_taken(buffer_view(&mine.chain), buffer_view(&mine.key));
}

TEST_MAIN(RUN(a_context_is_not_made_from_what_does_not_fit), RUN(a_chain_is_bounded),
	  RUN(pem_and_der_keys_and_a_chain_twin))
