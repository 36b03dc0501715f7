/* Private keys as PKCS#8 (RFC 5958), encrypted or not. */
#include "pki/key_internal.h"

#include <openssl/crypto.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/random.h"
#include "pki/der.h"
#include "pki/pkcs12.h"

#define KEY_FILE_MAX 16384
#define PASSPHRASE_MAX 1024
#define PEM_LABEL "ENCRYPTED PRIVATE KEY"
#define PBKDF2_ITERATIONS 100000
#define SALT_LEN 16
#define IV_LEN 16

static inline void pkcs8_freep(PKCS8_PRIV_KEY_INFO **pkcs8)
{
	PKCS8_PRIV_KEY_INFO_free(*pkcs8); /* wipes the key */
}

static inline void sig_freep(X509_SIG **sig)
{
	X509_SIG_free(*sig);
}

static inline void algor_freep(X509_ALGOR **algor)
{
	X509_ALGOR_free(*algor);
}

/* -- plain -- */

static bool adopt_pkcs8(const PKCS8_PRIV_KEY_INFO *pkcs8, struct private_key **ret,
			struct error *err)
{
	EVP_PKEY *evp = EVP_PKCS82PKEY(pkcs8);

	if (!evp)
		return key_refuse(err, REASON_IMPORT_MALFORMED, "no private key of a known kind");
	return private_key_adopt(evp, ret, err);
}

bool private_key_parse(struct bytes der, struct private_key **ret, struct error *err)
{
	const unsigned char *at = der.data;

	if (der.len > KEY_FILE_MAX)
		return error_set(err, REASON_IMPORT_MALFORMED, "a key of %zu octets", der.len);

	CLEANUP(pkcs8_freep)
	PKCS8_PRIV_KEY_INFO *pkcs8 = d2i_PKCS8_PRIV_KEY_INFO(NULL, &at, (long)der.len);
	if (!pkcs8 || at != der.data + der.len)
		return key_refuse(err, REASON_IMPORT_MALFORMED, "no DER PrivateKeyInfo (RFC 5958)");
	return adopt_pkcs8(pkcs8, ret, err);
}

/* Encodes right into the buffer, so that no copy of the key is left behind. */
bool private_key_encode(const struct private_key *key, struct buffer *ret, struct error *err)
{
	CLEANUP(pkcs8_freep) PKCS8_PRIV_KEY_INFO *pkcs8 = EVP_PKEY2PKCS8(key->evp);
	int len = pkcs8 ? i2d_PKCS8_PRIV_KEY_INFO(pkcs8, NULL) : 0;

	if (len <= 0)
		return key_refuse(err, REASON_CRYPTO, "the private key cannot be encoded");

	unsigned char *at = buffer_reserve(ret, (size_t)len);
	if (!at)
		return error_set(err, REASON_NO_MEMORY, "private key");
	return i2d_PKCS8_PRIV_KEY_INFO(pkcs8, &at) == len ||
	       key_refuse(err, REASON_CRYPTO, "the private key cannot be encoded");
}

/* -- encrypted: PBES2 with AES-256-CBC and PBKDF2-HMAC-SHA256 (RFC 8018) -- */

static bool make_scheme(X509_ALGOR **ret, struct error *err)
{
	unsigned char salt[SALT_LEN], iv[IV_LEN];

	if (!random_fill(salt, sizeof salt, err) || !random_fill(iv, sizeof iv, err))
		return false;
	*ret = PKCS5_pbe2_set_iv(EVP_aes_256_cbc(), PBKDF2_ITERATIONS, salt, sizeof salt, iv,
				 NID_hmacWithSHA256);
	return *ret || key_refuse(err, REASON_CRYPTO, "PBES2 cannot be set up");
}

static bool encrypt(const struct private_key *key, struct bytes passphrase, X509_SIG **ret,
		    struct error *err)
{
	CLEANUP(pkcs8_freep) PKCS8_PRIV_KEY_INFO *pkcs8 = EVP_PKEY2PKCS8(key->evp);
	CLEANUP(algor_freep) X509_ALGOR *scheme = NULL;

	if (!make_scheme(&scheme, err))
		return false;
	if (pkcs8)
		*ret = PKCS8_set0_pbe((const char *)passphrase.data, (int)passphrase.len, pkcs8,
				      scheme);
	if (!*ret)
		return key_refuse(err, REASON_CRYPTO, "the private key cannot be encrypted");
	scheme = NULL; /* part of *ret now */
	return true;
}

bool private_key_encrypt(const struct private_key *key, struct bytes passphrase, struct buffer *ret,
			 struct error *err)
{
	if (passphrase.len == 0 || passphrase.len > PASSPHRASE_MAX)
		return error_set(err, REASON_SECRET_FILE, "a passphrase of %zu octets",
				 passphrase.len);

	CLEANUP(sig_freep) X509_SIG *sig = NULL;
	unsigned char *der = NULL;
	if (!encrypt(key, passphrase, &sig, err))
		return false;

	int len = i2d_X509_SIG(sig, &der);
	if (len <= 0)
		return key_refuse(err, REASON_CRYPTO, "the encrypted key cannot be encoded");
	pem_encode(PEM_LABEL, (struct bytes){ der, (size_t)len }, ret);
	OPENSSL_free(der);
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "encrypted key");
}

/* The file chooses how often, we do the work: EncryptedPrivateKeyInfo (RFC 5958 3) begins with it.
 */
static bool check_work(struct bytes der, struct error *err)
{
	struct der outer = der_open(der);
	struct der fields = der_enter(&outer, DER_SEQUENCE);
	struct bytes scheme = der_read_whole(&fields, DER_SEQUENCE);
	uint32_t iterations;

	der_read(&fields, DER_OCTET_STRING);
	if (!der_at_end(&fields) || !der_at_end(&outer))
		return error_set(err, REASON_IMPORT_MALFORMED,
				 "no DER EncryptedPrivateKeyInfo (RFC 5958 3)");
	if (!pbe_iterations(scheme, &iterations) || iterations > PKCS12_ITERATIONS_MAX)
		return error_set(err, REASON_IMPORT_MALFORMED,
				 "the key's encryption is unknown or asks for too much work");
	return true;
}

bool private_key_decrypt(struct bytes pem, struct bytes passphrase, struct private_key **ret,
			 struct error *err)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };

	if (pem.len > BUNDLE_BYTES_MAX)
		return error_set(err, REASON_IMPORT_MALFORMED, "a file of %zu octets", pem.len);
	if (passphrase.len > PASSPHRASE_MAX)
		return error_set(err, REASON_SECRET_FILE, "a passphrase of %zu octets",
				 passphrase.len);
	if (!pem_decode(pem, PEM_LABEL, NULL, &der) || der.len > KEY_FILE_MAX)
		return error_set(err, REASON_IMPORT_MALFORMED,
				 "not one PEM block \"" PEM_LABEL "\"");
	if (!check_work(buffer_view(&der), err))
		return false;

	const unsigned char *at = der.data;
	CLEANUP(sig_freep) X509_SIG *sig = d2i_X509_SIG(NULL, &at, (long)der.len);
	CLEANUP(pkcs8_freep) PKCS8_PRIV_KEY_INFO *pkcs8 = NULL;
	if (sig)
		pkcs8 = PKCS8_decrypt(sig, (const char *)passphrase.data, (int)passphrase.len);
	if (!pkcs8)
		return key_refuse(err, REASON_SECRET_FILE, "the passphrase does not open the key");
	return adopt_pkcs8(pkcs8, ret, err);
}
