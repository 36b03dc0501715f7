/* Which CA certificates stand above one that a server sent, and whether they lead to an anchor. */
#pragma once

#include "pki/bundle.h"
#include "pki/chain.h"

struct authorities {
	const struct cert *certs[CHAIN_DEPTH_MAX]; /* nearest first */
	size_t count;
};

/* Every CA certificate of either bundle that may stand above the leaf. */
struct authorities authorities_find(const struct cert *leaf, const struct bundle *answer,
				    const struct bundle *cacerts);
/* As chain_check: the leaf itself is not judged by the time. */
MUST_CHECK bool authorities_check(const struct cert *leaf, const struct authorities *above,
				  const struct bundle *anchors, int64_t now, struct error *err);
