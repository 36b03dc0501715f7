#include <string.h>

#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "pki/bundle.h"
#include "pki/key_internal.h"

#define PASSPHRASE_MAX 1024
#define ITERATIONS 100000

static inline void pkcs12_freep(PKCS12 **pkcs12)
{
	PKCS12_free(*pkcs12);
}

static inline void x509_freep(X509 **x509)
{
	X509_free(*x509);
}

static inline void x509s_freep(STACK_OF(X509) * *x509s)
{
	sk_X509_pop_free(*x509s, X509_free);
}

static bool decode_cert(struct bytes der, X509 **ret, struct error *err)
{
	const unsigned char *at = der.data;

	*ret = d2i_X509(NULL, &at, (long)der.len);
	return *ret || key_refuse(err, REASON_CRYPTO, "a certificate for PKCS#12 cannot be read");
}

static bool decode_chain(const struct bytes *certs, size_t count, STACK_OF(X509) * *ret,
			 struct error *err)
{
	*ret = sk_X509_new_null();
	if (!*ret)
		return error_set(err, REASON_NO_MEMORY, "PKCS#12");
	for (size_t i = 0; i < count; i++) {
		CLEANUP(x509_freep) X509 *x509 = NULL;

		if (!decode_cert(certs[i], &x509, err))
			return false;
		if (!sk_X509_push(*ret, x509))
			return error_set(err, REASON_NO_MEMORY, "PKCS#12");
		x509 = NULL;
	}
	return true;
}

static bool append_der(const PKCS12 *pkcs12, struct buffer *ret, struct error *err)
{
	int len = i2d_PKCS12(pkcs12, NULL);
	unsigned char *at = len > 0 ? buffer_reserve(ret, (size_t)len) : NULL;

	if (!at || i2d_PKCS12(pkcs12, &at) != len)
		return key_refuse(err, REASON_NO_MEMORY, "PKCS#12");
	return true;
}

static bool check_passphrase(struct bytes passphrase, struct error *err)
{
	if (passphrase.len == 0 || passphrase.len > PASSPHRASE_MAX ||
	    memchr(passphrase.data, '\0', passphrase.len))
		return error_set(err, REASON_INVALID, "a passphrase of %zu octets", passphrase.len);
	return true;
}

/* `passphrase` ends in NUL, because PKCS12_create takes no length. The MAC's hash is named rather
 * than left to the library, whose default was SHA-1. */
static bool make(const struct private_key *key, X509 *cert, STACK_OF(X509) * chain,
		 const char *friendly_name, const struct secret *passphrase, PKCS12 **ret,
		 struct error *err)
{
	const char *text = (const char *)passphrase->data;

	*ret = PKCS12_create(text, friendly_name, key->evp, cert, chain, NID_aes_256_cbc,
			     NID_aes_256_cbc, ITERATIONS, -1, 0);
	if (!*ret ||
	    !PKCS12_set_mac(*ret, text, (int)passphrase->len, NULL, 0, ITERATIONS, EVP_sha256()))
		return key_refuse(err, REASON_CRYPTO, "PKCS#12 cannot be made");
	return true;
}

bool pkcs12_encode(const struct private_key *key, const struct bytes *certs, size_t count,
		   const char *friendly_name, struct bytes passphrase, struct buffer *ret,
		   struct error *err)
{
	CLEANUP(x509_freep) X509 *cert = NULL;
	CLEANUP(x509s_freep) STACK_OF(X509) *chain = NULL;
	CLEANUP(secret_done) struct secret secret = { 0 };
	CLEANUP(pkcs12_freep) PKCS12 *pkcs12 = NULL;

	if (count == 0)
		return error_set(err, REASON_INVALID, "PKCS#12 without a certificate");
	if (!check_passphrase(passphrase, err) || !secret_copy(passphrase, &secret, err))
		return false;
	return decode_cert(certs[0], &cert, err) &&
	       decode_chain(certs + 1, count - 1, &chain, err) &&
	       make(key, cert, chain, friendly_name, &secret, &pkcs12, err) &&
	       append_der(pkcs12, ret, err);
}
