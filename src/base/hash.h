/* SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), each in one call. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#define HASH_LEN 32
#define HASH_SHA1_LEN 20

/* Fail only when the cryptographic library or memory does; *ret is then not to be used. */
MUST_CHECK bool hash_sha256(struct bytes message, unsigned char ret[HASH_LEN], struct error *err);
MUST_CHECK bool hash_hmac_sha256(struct bytes key, struct bytes message,
				 unsigned char ret[HASH_LEN], struct error *err);
/* For RFC 6238 only, whose codes every authenticator makes this way. */
MUST_CHECK bool hash_hmac_sha1(struct bytes key, struct bytes message,
			       unsigned char ret[HASH_SHA1_LEN], struct error *err);
