/* Is the certificate that came the one that was asked for (CB-02)? */
#pragma once

#include "est_client/client_internal.h"
#include "est_client/client_request.h"

struct issued_expectation {
	const struct bestow_request *request;
	const unsigned char *key_hash; /* SHA-256 of the key's SPKI */
	bool names_must_stay;          /* a renewal: RFC 7030 4.2.2 */
	const struct bundle *cacerts;  /* what the server's CA certificates are */
	const struct bundle *anchors;
	int64_t now;
};

/* Puts the certificate first and the CA certificates of its path behind it, without the root.
 * REASON_ANSWER_UNFIT. */
MUST_CHECK bool issued_pick(const struct bundle *answer, const struct issued_expectation *expected,
			    struct bundle *ret, struct error *err);
