/* PEM (RFC 7468) as operators have it: text before, between and behind the blocks. */
#pragma once

#include "base/bytes.h"

struct pem_block {
	struct bytes label;  /* "CERTIFICATE" … */
	struct bytes base64; /* what stands between the two lines */
};

enum pem_result { PEM_BLOCK, PEM_END, PEM_BROKEN /* begun but not ended */ };

/* The next block in *text, which moves behind it. */
enum pem_result pem_next(struct bytes *text, struct pem_block *ret);
