/* A token's PIN, and the memory that keeps a refused one from being tried again: tokens lock
 * themselves after a few. What is remembered is a keyed hash, in a file that outlives the process.
 */
#pragma once

#include "base/secret.h"

struct token_pin {
	const char *file; /* NULL: none */
	const char *memory;
	struct secret secret; /* keys the memory */
	struct secret pin;
};
MUST_CHECK bool token_pin_init(struct token_pin *pin, struct bytes first, struct bytes secret,
			       struct error *err);
void token_pin_done(struct token_pin *pin);

/* Reads the file anew; one that cannot be read any more, because its reader became another user,
 * leaves what was read before. REASON_SECRET_FILE when there is no PIN at all. */
MUST_CHECK bool token_pin_refresh(struct token_pin *pin, struct error *err);
bool token_pin_was_refused(const struct token_pin *pin);
void token_pin_remember_refusal(const struct token_pin *pin);
void token_pin_forget_refusal(const struct token_pin *pin);
