/* The rules that a path must keep once its signatures are proven (RFC 5280 6.1). */
#pragma once

#include "pki/chain.h"

/* Leaf first, anchor last. */
struct chain_path {
	const struct cert *certs[CHAIN_DEPTH_MAX + 2];
	size_t count;
};

/* Validity, path lengths, critical extensions and name constraints, from the anchor down.
 * REASON_UNTRUSTED_ISSUER for a CA out of date, else REASON_CLIENT_CERT_INVALID. */
MUST_CHECK bool chain_path_check(const struct chain_path *path, int64_t now, struct error *err);
/* No critical extension that nobody here judges, and no outsized one that is passed by.
 * REASON_CLIENT_CERT_INVALID. */
MUST_CHECK bool chain_extensions_check(const struct cert *cert, struct error *err);
/* The certificate is signed with an algorithm worth checking. REASON_CLIENT_CERT_WEAK, or
 * REASON_CLIENT_CERT_INVALID for one that nobody knows. */
MUST_CHECK bool chain_signature_check(const struct cert *cert, struct error *err);
/* The certificate's key is sound, with the same reasons. */
MUST_CHECK bool chain_key_check(const struct cert *cert, struct error *err);
