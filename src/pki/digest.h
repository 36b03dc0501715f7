/* SHA-2 by name, for those who sign hashes that they made themselves: tokens' keys. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

enum digest { DIGEST_SHA256, DIGEST_SHA384, DIGEST_SHA512, DIGEST_COUNT };

size_t digest_len(enum digest digest);
/* Appends the digest of `message`. REASON_CRYPTO. */
MUST_CHECK bool digest_append(enum digest digest, struct bytes message, struct buffer *to,
			      struct error *err);
