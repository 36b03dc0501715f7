/* Random texts that are proof by themselves: session tokens, API tokens, one-time links. Shown
 * once; the store keeps their hashes. */
#pragma once

#include "base/hash.h"
#include "base/secret.h"

/* `prefix`, so that scanners for lost secrets know it, and 256 random bits. *ret_hash is the
 * SHA-256 of the text. */
MUST_CHECK bool credential_make(const char *prefix, struct secret *ret,
				unsigned char ret_hash[HASH_LEN], struct error *err);
/* What a page must send along with a change, so that no other page can make one in its name: tied
 * to the session's token, and no help in guessing it. */
#define CSRF_TOKEN_LEN (2 * HASH_LEN)
MUST_CHECK bool csrf_token(struct bytes session_token, char into[CSRF_TOKEN_LEN + 1],
			   struct error *err);
