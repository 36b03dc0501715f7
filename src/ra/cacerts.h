/* What /cacerts answers: RFC 7030 4.1.3. */
#pragma once

#include "model/catalog.h"

#define CACERTS_MAX 64
#define CACERTS_ROLLOVERS_MAX 16 /* whose fetches are counted: two are many */
/* One TLS record, from which some clients read their whole answer, less the answer's head. */
#define CACERTS_OCTETS_MAX (16384 - 1024)

/* Views into the catalog. */
struct cacerts {
	struct bytes certs[CACERTS_MAX];
	size_t count;
	bool in_rollover; /* a CA of the chain is being replaced, or replaces one */
	int64_t rollovers[CACERTS_ROLLOVERS_MAX];
	size_t rollover_count;
};

/* The CA and all above it; while one of these is being replaced, also the other with all above it
 * and their cross certificates. The same whenever nothing changed. */
void cacerts_collect(const struct catalog *catalog, const struct ca *ca, struct cacerts *ret);
/* Appends the certs-only PKCS#7. */
MUST_CHECK bool cacerts_encode(const struct cacerts *cacerts, struct buffer *ret,
			       struct error *err);
/* Whether it fits one TLS record as base64. */
bool cacerts_fit(size_t der_len);
