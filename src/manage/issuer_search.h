/* From a CA's certificate up to its root, through what an operator brought and what the account
 * has. */
#pragma once

#include "model/catalog.h"
#include "pki/bundle.h"
#include "pki/chain.h"

/* Where issuers may be found: the file itself, then the account's own CAs. */
struct issuer_pool {
	const struct bundle *file;
	const struct catalog *catalog;
	const struct account *account;
};

/* RFC 7030 4.1.3: /cacerts must lead from an issued certificate up to the root, so an incomplete
 * chain is refused here and not found out by the first device; so is one whose path lengths, name
 * constraints, algorithms or times would make relying parties refuse what the CA issues.
 * REASON_NOT_A_CA. */
MUST_CHECK bool issuer_search(const struct issuer_pool *pool, const struct cert *lowest,
			      int64_t now, struct bytes into[CHAIN_DEPTH_MAX], size_t *ret_count,
			      struct error *err);
/* The account's CA that has this very certificate; 0: none. */
int64_t issuer_pool_ca_id(const struct issuer_pool *pool, struct bytes cert);
