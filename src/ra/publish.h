/* What the edges are told: the public parts of the configuration, with the answers that need no
 * authority ready-made. */
#pragma once

#include "model/catalog.h"
#include "model/snapshot.h"

/* The node's TLS identity as the edges get it; empty views while none was made. */
struct publish_tls {
	struct bytes chain_pem;
	struct bytes key; /* PKCS#8 DER: a secret */
};

/* Appends to the node's TLS chain, while a root is being replaced, the cross certificate by which
 * clients that know the other root alone verify it. */
MUST_CHECK bool publish_tls_chain(const struct catalog *catalog, struct buffer *chain_pem,
				  struct error *err);
/* Appends the packed snapshot; wipe the buffer when done, it may hold the TLS key. */
MUST_CHECK bool publish_snapshot(const struct catalog *catalog, const struct publish_tls *tls,
				 struct buffer *ret, struct error *err);
