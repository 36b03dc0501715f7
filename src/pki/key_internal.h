/* What the files about keys share among themselves, and with those of this folder that import and
 * export private keys. */
#pragma once

#include <openssl/ec.h>
#include <openssl/evp.h>

#include "pki/key.h"

/* Public keys and what is generated here stay with OpenSSL's own code also where a process prefers
 * a token's provider for everything (EVP_set_default_properties): this query drops that preference.
 */
#define KEY_IN_SOFTWARE "-provider"

struct private_key {
	EVP_PKEY *evp;
	enum key_type type;
	EVP_PKEY_CTX *signing; /* ready to sign, duplicated for each use; NULL for Ed25519 */
};

/* Takes `evp` over, also when it fails. Its public half is judged as public_key_parse does, and
 * must be the private half's: REASON_KEY_*. */
MUST_CHECK bool private_key_adopt(EVP_PKEY *evp, struct private_key **ret, struct error *err);

/* As error_set, after emptying this thread's queue of OpenSSL errors, which TLS reads too. */
MUST_CHECK bool key_refuse(struct error *err, enum reason reason, const char *detail);

/* How a signature algorithm is computed. */
struct signature_scheme {
	const EVP_MD *digest; /* NULL for Ed25519, which hashes by itself */
	bool is_pss;
};

/* False if the algorithm does not fit the key's type, or the library lacks its digest. */
MUST_CHECK bool signature_scheme_for(enum signature_algorithm algorithm, enum key_type type,
				     struct signature_scheme *ret);
/* Tells a context that was made ready for an RSA key what to do; does nothing for other keys. */
MUST_CHECK bool signature_scheme_apply(const struct signature_scheme *scheme, enum key_type type,
				       EVP_PKEY_CTX *ctx);

/* The EC key without its point, for EVP_PKEY_dup; NULL for other types. */
EVP_PKEY *key_template(enum key_type type);
/* The curve itself, for looking at a point; NULL for other types. */
const EC_GROUP *key_curve(enum key_type type);

static inline void evp_pkey_freep(EVP_PKEY **evp)
{
	EVP_PKEY_free(*evp);
}

static inline void evp_pkey_ctx_freep(EVP_PKEY_CTX **ctx)
{
	EVP_PKEY_CTX_free(*ctx);
}

static inline void evp_md_ctx_freep(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}
