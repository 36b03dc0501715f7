/* Where a CA's private key lives and signs. The second backend (PKCS#11) will share this seam. */
#pragma once

#include "base/secret.h"
#include "pki/key.h"

/* The keys of all CAs as encrypted PKCS#8 files, <folder>/<key_name>.key. Keys are decrypted on
 * first use. Thread-safe. */
struct signer;
MUST_CHECK bool signer_open(const char *folder, struct bytes passphrase, struct signer **ret,
			    struct error *err);
void signer_free(struct signer *signer);
DEFINE_CLEANUP(struct signer *, signer_free)
/* Keeps a new CA's key, durably, before the CA is recorded. REASON_CONFLICT if there is one of that
 * name. */
MUST_CHECK bool signer_add(struct signer *signer, const char *key_name,
			   const struct private_key *key, struct error *err);
/* For a CA whose record could not be made after all. */
void signer_remove(struct signer *signer, const char *key_name);
/* Decrypts the key and proves by a trial signature that it fits `public_key`, so that the first
 * enrollment need not. REASON_CA_UNAVAILABLE; another try may come at any time. */
MUST_CHECK bool signer_load(struct signer *signer, const char *key_name,
			    const struct public_key *public_key, struct error *err);
/* Whether the key of that name signs within this process, in microseconds, rather than in a token
 * that may be slow or far. */
bool signer_is_local(const struct signer *signer, const char *key_name);
/* Signs; loads the key first if need be. */
MUST_CHECK bool signer_sign(struct signer *signer, const char *key_name,
			    const struct public_key *public_key, enum signature_algorithm algorithm,
			    struct bytes message, struct buffer *ret, struct error *err);
