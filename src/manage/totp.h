/* The second factor: time-based one-time passwords (RFC 6238) of six digits, thirty seconds and
 * HMAC-SHA-1, as authenticators make them. The store keeps a nonce only; the secret is derived from
 * it and from the node's pepper, so that a stolen store gives no codes away. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "model/access.h"

#define TOTP_SECRET_TEXT_MAX 33 /* base32 of 20 octets, and its end */

/* Fills in a new nonce; the codes that were used before do not count. */
MUST_CHECK bool totp_begin(struct administrator *administrator, struct error *err);
/* The secret as an authenticator takes it. */
MUST_CHECK bool totp_secret_text(const struct administrator *administrator, struct bytes pepper,
				 char into[TOTP_SECRET_TEXT_MAX], struct error *err);
/* True for the code of `now`, of the step before or of the one after, if that step was not used;
 * notes the step. */
bool totp_check(struct administrator *administrator, struct bytes pepper, const char *code,
		int64_t now);
