/* Ed25519 public keys (RFC 8032), judged on their 32 octets. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

/* Refuses other lengths, y coordinates that are not below p, and the points of small order, for
 * which signatures can be found that fit many messages. Whether the point is on the curve shows
 * when a signature is verified. REASON_KEY_INVALID. */
MUST_CHECK bool ed25519_key_check(struct bytes key, struct error *err);
