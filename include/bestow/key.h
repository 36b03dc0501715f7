/* Private keys: in memory and files, or in a token that is reached through OpenSSL. */
#pragma once

#include <stddef.h>

#include "bestow/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A private key with its public half. It may be used by several threads at once. */
struct bestow_key;

/* Makes a key of this `type`: "p256", "p384", "p521", "ed25519", "rsa2048", "rsa3072" or
 * "rsa4096". *ret is the caller's. Fails with BESTOW_MISUSED for any other word. */
bool bestow_key_generate(const char *type, struct bestow_key **ret, struct bestow_error *err);
/* Opens a path, or what a provider of OpenSSL holds: "pkcs11:token=…;object=…" (RFC 7512, provider
 * pkcs11), "handle:0x81000001" (provider tpm2), or any other URI that OSSL_STORE knows. The
 * provider is looked for at run time and stays loaded. `passphrase` opens an encrypted file or is
 * the token's PIN; NULL when there is none. *ret is the caller's. Fails with BESTOW_LOCAL. */
bool bestow_key_open(const char *reference, const char *passphrase, struct bestow_key **ret,
		     struct bestow_error *err);
/* Writes PKCS#8 PEM (RFC 5958), mode 0600: beside the target, synced, then renamed over it. Fails
 * with BESTOW_LOCAL, also for a key that its token keeps. */
bool bestow_key_save(const struct bestow_key *key, const char *path, struct bestow_error *err);
/* "p256", "p384", "p521", "ed25519" or "rsa"; a constant. */
const char *bestow_key_type(const struct bestow_key *key);
/* Bits of an RSA key's modulus; of others, of the curve. */
unsigned int bestow_key_bits(const struct bestow_key *key);
/* The EVP_PKEY, for a transport of one's own; borrowed from the key. */
void *bestow_key_evp(const struct bestow_key *key);
/* Wipes and frees the key; NULL is fine. */
void bestow_key_free(struct bestow_key *key);

#ifdef __cplusplus
}
#endif
