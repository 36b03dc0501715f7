/* Passphrases as verifiers: never stored in the clear, compared in constant time, cheap for
 * generated ones and slow once for human ones. */
#pragma once

#include "base/secret.h"
#include "est/authorization.h"
#include "model/catalog.h"

#define PASSPHRASE_MIN 8
#define PASSPHRASE_MAX AUTHORIZATION_PASSPHRASE_MAX

/* 26 characters of base32 (130 bits), grouped for reading: "k7qd-…". */
MUST_CHECK bool passphrase_generate(struct secret *ret, struct error *err);
/* Fills kind, verifier and verifier_len. A generated passphrase gets an HMAC, a human's argon2id.
 * Outer white space is not part of a passphrase; control characters and invalid UTF-8 are
 * REASON_INVALID. */
MUST_CHECK bool passphrase_make_verifier(struct bytes pepper, struct bytes passphrase,
					 bool generated, struct passphrase *ret, struct error *err);
/* REASON_INVALID for what cannot be one. */
MUST_CHECK bool passphrase_check_text(struct bytes passphrase, struct error *err);
/* What one run of argon2id costs. */
struct slow_cost {
	unsigned int passes, kib;
};
/* Fills kind, verifier and verifier_len with an argon2id of `text`, whatever it is. */
MUST_CHECK bool passphrase_make_slowly(struct bytes text, const struct slow_cost *cost,
				       struct passphrase *ret, struct error *err);
/* The passphrase that is meant: without outer white space. */
struct bytes passphrase_trim(struct bytes passphrase);
/* Whether `text` satisfies an argon2id verifier. Slow, and takes much memory, on purpose: let one
 * thread at a time do this. */
bool passphrase_matches_slowly(struct bytes verifier, struct bytes text);
