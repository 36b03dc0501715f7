#include "pki/key_internal.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/x509.h>

#include "base/random.h"

static const struct {
	const char *algorithm;
	const char *group;
} generators[KEY_TYPE_COUNT] = {
	[KEY_RSA] = { "RSA", NULL },         [KEY_P256] = { "EC", "P-256" },
	[KEY_P384] = { "EC", "P-384" },      [KEY_P521] = { "EC", "P-521" },
	[KEY_ED25519] = { "ED25519", NULL },
};

bool key_refuse(struct error *err, enum reason reason, const char *detail)
{
	ERR_clear_error();
	return error_set(err, reason, "%s", detail);
}

/* -- taking a key over -- */

static bool read_public(EVP_PKEY *evp, struct public_key **ret, struct error *err)
{
	unsigned char *spki = NULL;
	int len = i2d_PUBKEY(evp, &spki);

	if (len <= 0)
		return key_refuse(err, REASON_CRYPTO, "the public half cannot be encoded");
	bool parsed = public_key_parse((struct bytes){ spki, (size_t)len }, ret, err);
	OPENSSL_free(spki);
	return parsed;
}

/* A file may hold a public half that belongs to another key: what is signed here must verify. */
static bool check_pair(const struct private_key *key, const struct public_key *public,
		       struct error *err)
{
	const struct bytes message = BYTES_LITERAL("pairwise test");
	enum signature_algorithm algorithm = key_type_default_algorithm(key->type);
	CLEANUP(buffer_done) struct buffer signature = { 0 };

	if (!private_key_sign(key, algorithm, message, &signature, err))
		return false;
	if (!public_key_verify(public, algorithm, message, buffer_view(&signature)))
		return error_set(err, REASON_KEY_INVALID,
				 "the private key does not belong to its public key");
	return true;
}

/* A key of a token signs by its own provider, any other in software. */
static const char *signing_properties(const EVP_PKEY *evp)
{
	const OSSL_PROVIDER *provider = EVP_PKEY_get0_provider(evp);
	const char *name = provider ? OSSL_PROVIDER_get0_name(provider) : "";

	return strcmp(name, "default") == 0 || strcmp(name, "fips") == 0 ? KEY_IN_SOFTWARE : NULL;
}

static bool prepare_signing(struct private_key *key, struct error *err)
{
	if (key->type == KEY_ED25519)
		return true;
	key->signing = EVP_PKEY_CTX_new_from_pkey(NULL, key->evp, signing_properties(key->evp));
	if (!key->signing || EVP_PKEY_sign_init(key->signing) != 1)
		return key_refuse(err, REASON_CRYPTO, "the key cannot sign");
	return true;
}

bool private_key_adopt(EVP_PKEY *evp, struct private_key **ret, struct error *err)
{
	CLEANUP(evp_pkey_freep) EVP_PKEY *owned = evp;
	CLEANUP(private_key_freep) struct private_key *key = calloc(1, sizeof *key);
	CLEANUP(public_key_freep) struct public_key *public = NULL;

	if (!key)
		return error_set(err, REASON_NO_MEMORY, "private key");
	if (!read_public(owned, &public, err))
		return false;
	key->evp = TAKE(owned);
	key->type = public_key_type(public);
	if (!prepare_signing(key, err) || !check_pair(key, public, err))
		return false;
	*ret = TAKE(key);
	return true;
}

void private_key_free(struct private_key *key)
{
	if (!key)
		return;
	EVP_PKEY_CTX_free(key->signing);
	EVP_PKEY_free(key->evp);
	free(key);
}

bool private_key_generate(enum key_type type, unsigned int bits, struct private_key **ret,
			  struct error *err)
{
	EVP_PKEY *evp = NULL;

	if (type >= KEY_TYPE_COUNT)
		return error_set(err, REASON_KEY_TYPE_NOT_ALLOWED, "no such type of key");
	if (type == KEY_RSA && (bits < KEY_RSA_BITS_MIN || bits > KEY_RSA_BITS_MAX || bits % 8))
		return error_set(err, REASON_KEY_INVALID, "RSA of %u bits; %d to %d, by 8", bits,
				 KEY_RSA_BITS_MIN, KEY_RSA_BITS_MAX);
	if (!random_refresh(err))
		return false;

	const char *algorithm = generators[type].algorithm;
	if (type == KEY_RSA)
		evp = EVP_PKEY_Q_keygen(NULL, KEY_IN_SOFTWARE, algorithm, (size_t)bits);
	else
		evp = EVP_PKEY_Q_keygen(NULL, KEY_IN_SOFTWARE, algorithm, generators[type].group);
	if (!evp)
		return key_refuse(err, REASON_CRYPTO, "the key cannot be generated");
	return private_key_adopt(evp, ret, err);
}

bool private_key_public(const struct private_key *key, struct public_key **ret, struct error *err)
{
	return read_public(key->evp, ret, err);
}

enum key_type private_key_type(const struct private_key *key)
{
	return key->type;
}

/* -- signing -- */

/* Each use has its own copy of the prepared context, so threads share nothing but the key. A
 * token's provider may not know how to copy one. */
static EVP_PKEY_CTX *new_signing(const struct private_key *key)
{
	EVP_PKEY_CTX *copy = EVP_PKEY_CTX_dup(key->signing);

	if (copy)
		return copy;
	EVP_PKEY_CTX *fresh =
		EVP_PKEY_CTX_new_from_pkey(NULL, key->evp, signing_properties(key->evp));
	if (fresh && EVP_PKEY_sign_init(fresh) == 1)
		return fresh;
	EVP_PKEY_CTX_free(fresh);
	return NULL;
}

static bool sign_hash(const struct private_key *key, const struct signature_scheme *scheme,
		      struct bytes message, unsigned char *signature, size_t *len)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned int hash_len = 0;
	CLEANUP(evp_pkey_ctx_freep) EVP_PKEY_CTX *ctx = new_signing(key);

	return ctx &&
	       EVP_Digest(message.data, message.len, hash, &hash_len, scheme->digest, NULL) == 1 &&
	       signature_scheme_apply(scheme, key->type, ctx) &&
	       EVP_PKEY_sign(ctx, signature, len, hash, hash_len) == 1;
}

static bool sign_message(const struct private_key *key, const struct signature_scheme *scheme,
			 struct bytes message, unsigned char *signature, size_t *len)
{
	CLEANUP(evp_md_ctx_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *signing = NULL; /* part of ctx */

	return ctx && EVP_DigestSignInit(ctx, &signing, scheme->digest, NULL, key->evp) == 1 &&
	       (!scheme->is_pss || signature_scheme_apply(scheme, key->type, signing)) &&
	       EVP_DigestSign(ctx, signature, len, message.data, message.len) == 1;
}

/* A token's provider may sign messages only: it hashes by itself, or wants to know how it was done.
 */
static bool sign_by_scheme(const struct private_key *key, const struct signature_scheme *scheme,
			   struct bytes message, unsigned char *signature, size_t *len)
{
	size_t max = *len;

	if (scheme->digest && sign_hash(key, scheme, message, signature, len))
		return true;
	*len = max;
	return sign_message(key, scheme, message, signature, len);
}

bool private_key_sign(const struct private_key *key, enum signature_algorithm algorithm,
		      struct bytes message, struct buffer *ret, struct error *err)
{
	unsigned char signature[SIGNATURE_MAX];
	size_t len = sizeof signature;
	struct signature_scheme scheme;

	if (!signature_scheme_for(algorithm, key->type, &scheme))
		return error_set(err, REASON_CRYPTO, "an algorithm that does not fit the key");

	bool done = sign_by_scheme(key, &scheme, message, signature, &len);
	/* without memory, OpenSSL's ECDSA may report success and a length of -1 */
	if (!done || len == 0 || len > sizeof signature)
		return key_refuse(err, REASON_CRYPTO, "signing failed");
	buffer_append(ret, (struct bytes){ signature, len });
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "signature");
}
