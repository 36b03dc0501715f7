/* PKCS#12 files (RFC 7292) as a CA with its key arrives in them. */
#pragma once

#include "pki/bundle.h"

/* How often a file may make us hash for its passphrase, all of its parts together: a second or so.
 * It is looked at before the work begins. */
#define PKCS12_ITERATIONS_MAX 2000000

/* Adds the certificates to *chain in their order and yields the one key. */
MUST_CHECK bool pkcs12_parse(struct bytes der, struct bytes passphrase, struct bundle *chain,
			     struct private_key **ret_key, struct error *err);

/* What a password-based AlgorithmIdentifier (PBES2, PBMAC1 or RFC 7292 appendix C) costs; false for
 * one that is malformed or unknown. */
bool pbe_iterations(struct bytes algorithm, uint32_t *ret);
