/* The issuer's side of OCSP: by which hashes requests name it, and who may answer for it. */
#pragma once

#include "pki/cert.h"
#include "pki/ocsp_request.h"

/* A CA as requests may name it. */
struct ocsp_issuer {
	unsigned char name_hash[OCSP_HASH_COUNT][OCSP_HASH_MAX];
	unsigned char key_hash[OCSP_HASH_COUNT][OCSP_HASH_MAX];
};
/* REASON_CA_UNAVAILABLE where the CA's key is unsound. */
MUST_CHECK bool ocsp_issuer_of(const struct cert *ca, struct ocsp_issuer *ret, struct error *err);
bool ocsp_issuer_is_meant(const struct ocsp_issuer *issuer, const struct ocsp_cert_id *id);
/* SHA-1 of a key's bits, by which a responder is known (RFC 6960 4.2.1, KeyHash). */
#define OCSP_KEY_HASH_LEN 20
MUST_CHECK bool ocsp_key_hash(const struct public_key *key, unsigned char ret[OCSP_KEY_HASH_LEN],
			      struct error *err);

/* Whether `signer` may answer for what `issuer` issued (RFC 6960 4.2.2.2): issued by it directly
 * and by its key, for OCSP signing, not to be checked itself, valid at `now`.
 * REASON_CA_UNAVAILABLE, the detail naming what is missing. */
MUST_CHECK bool ocsp_signer_check(const struct cert *signer, const struct cert *issuer, int64_t now,
				  struct error *err);
