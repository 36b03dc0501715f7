/* What would an enrollment get? The same facts, the same policy and the same build as a real one,
 * but nothing is written, no key is used and nothing is counted. What only the device can prove is
 * presumed, and said. */
#pragma once

#include "ca/ca.h"
#include "policy/policy.h"
#include "ra/ra.h"

struct rehearsal_question {
	enum est_operation operation; /* EST_SIMPLEENROLL or EST_SIMPLEREENROLL */
	int64_t profile_id;
	struct bytes csr;          /* DER */
	const struct bytes *chain; /* DER of the device's certificate and those above it */
	size_t chain_count;
	bool sends_passphrase;      /* a right one */
	const struct address *peer; /* NULL: one that the account lists */
	int64_t now;
};

enum rehearsal_outcome { REHEARSAL_REFUSED, REHEARSAL_WAITS, REHEARSAL_ISSUED, REHEARSAL_REPEATED };
const char *rehearsal_outcome_text(enum rehearsal_outcome outcome); /* "refused" … */

/* Bits of what was presumed. */
enum presumption {
	PRESUMED_CERTIFICATE_KEY = 1 << 0, /* the client proves the key of its certificate in TLS */
	PRESUMED_PASSPHRASE = 1 << 1,
	PRESUMED_BINDING = 1 << 2, /* the CSR names the TLS session that it comes in */
	PRESUMED_ADDRESS = 1 << 3,
};

struct rehearsal {
	enum rehearsal_outcome outcome;
	struct error refusal;
	unsigned int presumed;
	bool renews;
	char requester[ERROR_DETAIL_MAX];
	struct trace trace;
	struct ca_preview preview; /* for what would be issued or waits */
	struct buffer repeated;    /* DER of the certificate that would be sent again */
	char held_id[17];          /* of the request that waits already; "" */
};
void rehearsal_done(struct rehearsal *rehearsal);

/* What could not be judged is refused, as a real one would be. *ret is rehearsal_done()'s. */
void ra_rehearse(struct ra *ra, const struct rehearsal_question *question, struct rehearsal *ret);
