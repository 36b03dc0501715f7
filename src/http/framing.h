/* What a head says about the octets that follow it (RFC 9112 section 6): where the body ends, and
 * whether the connection goes on. One reading or none: whatever two readers could take differently
 * is refused. */
#pragma once

#include <stdint.h>

#include "http/head.h"

struct framing {
	bool chunked;
	uint64_t length; /* of a body that is not chunked; 0: no body */
	bool expects_continue;
	bool keep_alive;
};

MUST_CHECK bool framing_parse(const struct head *head, size_t body_max, struct framing *ret,
			      struct refusal *refusal);
