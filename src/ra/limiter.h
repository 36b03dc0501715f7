/* Slows guessing: each source address (of IPv6, each /64) may fail so often per profile, and earns
 * tries back with time. A device that keeps trying with an old passphrase does not lock out its
 * neighbours behind the same address; a guesser gets a try a second. Whatever else has a rate is
 * counted by the same means. */
#pragma once

#include "base/address.h"

#define LIMITER_BURST 30      /* failures at once */
#define LIMITER_PER_SECOND 1  /* earned back */
#define LIMITER_BUCKETS 16384 /* a fixed table: forgetting is cheap, growing is an attack */

struct limiter;
MUST_CHECK bool limiter_new(struct limiter **ret, struct error *err);
void limiter_free(struct limiter *limiter);
DEFINE_CLEANUP(struct limiter *, limiter_free)

/* Who tries at what, and how often they may fail at it. */
struct limiter_trial {
	const struct address *peer;
	int64_t target;      /* a profile, a code: targets of one limiter have different numbers */
	unsigned int burst;  /* failures at once */
	uint64_t ms_per_try; /* for each that is earned back */
};
/* As often as the first lines say. */
struct limiter_trial limiter_usual(const struct address *peer, int64_t target);

/* True while the address may try; else REASON_TOO_MANY_FAILURES with a delay. Thread-safe, as the
 * next. */
MUST_CHECK bool limiter_check(struct limiter *limiter, const struct limiter_trial *trial,
			      uint64_t now_ms, struct error *err);
void limiter_count(struct limiter *limiter, const struct limiter_trial *trial, uint64_t now_ms);
