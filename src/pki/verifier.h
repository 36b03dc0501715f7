/* Signatures by keys that are each seen once, as those of CSRs are, verified for less: OpenSSL's
 * key of an elliptic curve, and its context, are made once and given one point after another. */
#pragma once

#include "pki/key.h"

/* For one thread at a time. */
struct verifier;

/* REASON_NO_MEMORY. The caller's, to be ended by verifier_free(). */
MUST_CHECK bool verifier_new(struct verifier **ret, struct error *err);
void verifier_free(struct verifier *verifier);
DEFINE_CLEANUP(struct verifier *, verifier_free)

/* As public_key_verify(): any failure is false. */
bool verifier_check(struct verifier *verifier, const struct public_key *key,
		    enum signature_algorithm algorithm, struct bytes message,
		    struct bytes signature);
