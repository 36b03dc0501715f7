/* Keys and certificates on disk, such that at any instant a whole pair is current. */
#pragma once

#include "bestow/identity.h"

/* A pair as it was read; zero-initialised is none. */
struct pair {
	struct bestow_key *key;     /* NULL when a token keeps it: the caller opens it then */
	struct bestow_certs *certs; /* leaf first */
};

void pair_done(struct pair *pair);

/* `which` is "current", "previous" or "pending". True with an empty pair when there is none; a pair
 * of which one half is missing has that half NULL. Halves that do not belong together are
 * REASON_KEY_ACCESS. */
MUST_CHECK bool pair_load(const struct options *options, const char *which, struct pair *ret,
			  struct error *err);

/* When the pair's certificate ends; 0 without one that can be read. Whoever asks only that leaves
 * the key alone. */
int64_t pair_end(const struct options *options, const char *which);

/* That the group which is to read keys exists. REASON_CONFIG. */
MUST_CHECK bool pair_check_group(const struct options *options, struct error *err);

/* Begins a pending pair with this key (NULL: a token has it), synced, replacing any. */
MUST_CHECK bool pair_begin(const struct options *options, const struct bestow_key *key,
			   struct error *err);
/* Puts its certificate beside the pending key, synced. */
MUST_CHECK bool pair_complete(const struct options *options, const struct bestow_certs *certs,
			      struct error *err);
/* Forgets the pending pair. */
void pair_abandon(const struct options *options);
/* Makes the pending pair current, in one step, its key readable by the group that was named; what
 * was current is previous. */
MUST_CHECK bool pair_swap(const struct options *options, struct error *err);
/* Makes the previous pair current again, and the current one pending. */
MUST_CHECK bool pair_swap_back(const struct options *options, struct error *err);
/* Removes pairs that no link names. */
void pair_sweep(const struct options *options);
