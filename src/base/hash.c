#include "base/hash.h"

#include <pthread.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

/* OpenSSL 3 looks an algorithm up by name under a lock on every use unless it was fetched once;
 * the two are constants of the process, made by the first who needs them. */
static pthread_once_t fetched = PTHREAD_ONCE_INIT;
static EVP_MD *sha256;
static EVP_MAC *hmac;

static void fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
}

static inline void mac_ctx_freep(EVP_MAC_CTX **ctx)
{
	EVP_MAC_CTX_free(*ctx);
}

bool hash_sha256(struct bytes message, unsigned char ret[HASH_LEN], struct error *err)
{
	pthread_once(&fetched, fetch);
	if (!sha256 || EVP_Digest(message.data, message.len, ret, NULL, sha256, NULL) != 1)
		return error_set(err, REASON_CRYPTO, "SHA-256 failed");
	return true;
}

/* `digest` is the name that OpenSSL knows, in memory that it may write to. */
static bool hmac_of(char *digest, struct bytes key, struct bytes message, unsigned char *ret,
		    size_t ret_len, struct error *err)
{
	/* a NULL key means "the one set before" to OpenSSL; the empty key is a key */
	static const unsigned char empty[1];
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};
	size_t len = 0;

	pthread_once(&fetched, fetch);
	CLEANUP(mac_ctx_freep) EVP_MAC_CTX *ctx = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
	if (!ctx || EVP_MAC_init(ctx, key.len ? key.data : empty, key.len, params) != 1 ||
	    EVP_MAC_update(ctx, message.data, message.len) != 1 ||
	    EVP_MAC_final(ctx, ret, &len, ret_len) != 1 || len != ret_len)
		return error_set(err, REASON_CRYPTO, "HMAC failed");
	return true;
}

bool hash_hmac_sha256(struct bytes key, struct bytes message, unsigned char ret[HASH_LEN],
		      struct error *err)
{
	char digest[] = "SHA256";

	return hmac_of(digest, key, message, ret, HASH_LEN, err);
}

bool hash_hmac_sha1(struct bytes key, struct bytes message, unsigned char ret[HASH_SHA1_LEN],
		    struct error *err)
{
	char digest[] = "SHA1";

	return hmac_of(digest, key, message, ret, HASH_SHA1_LEN, err);
}
