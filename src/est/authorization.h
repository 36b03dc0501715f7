/* The passphrases that an HTTP Authorization header may mean (RFC 7617, and the colon-less form
 * some clients send). */
#pragma once

#include "base/secret.h"

#define AUTHORIZATION_PASSPHRASE_MAX 256

/* "user:passphrase" and ":passphrase" mean what follows the first colon; but a passphrase may hold
 * a colon itself and be sent bare, so the whole text is the second candidate. */
struct authorization {
	struct secret decoded;
	struct bytes candidates[2]; /* views into `decoded` */
	size_t candidate_count;
	struct bytes user; /* what stands before the first colon; empty without one */
};

/* REASON_BAD_CREDENTIALS for another scheme, bad base64, or longer than any passphrase. */
MUST_CHECK bool authorization_parse(struct bytes header, struct authorization *ret,
				    struct error *err);
void authorization_done(struct authorization *authorization);
