#include "ra/limiter.h"

#include <pthread.h>
#include <string.h>

#define WAYS 4 /* buckets that an address may fall into; the one longest at rest gives way */
#define RETRY_AFTER 5
#define V6_NETWORK_LEN 8

struct bucket {
	struct address peer;
	int64_t target;
	uint64_t full_at_ms; /* when all its tries are earned back; 0: never used */
};

struct limiter {
	pthread_mutex_t lock;
	struct bucket buckets[LIMITER_BUCKETS];
};

struct limiter_trial limiter_usual(const struct address *peer, int64_t target)
{
	return (struct limiter_trial){ peer, target, LIMITER_BURST, 1000 / LIMITER_PER_SECOND };
}

bool limiter_new(struct limiter **ret, struct error *err)
{
	struct limiter *limiter = calloc(1, sizeof *limiter);

	if (!limiter)
		return error_set(err, REASON_NO_MEMORY, "limiter");
	pthread_mutex_init(&limiter->lock, NULL);
	*ret = limiter;
	return true;
}

void limiter_free(struct limiter *limiter)
{
	if (!limiter)
		return;
	pthread_mutex_destroy(&limiter->lock);
	free(limiter);
}

/* One who is given an IPv6 address is given a network of them. */
static struct address counted_as(const struct address *peer)
{
	struct address key = *peer;

	if (!address_is_v4(peer))
		memset(key.bytes + V6_NETWORK_LEN, 0, sizeof key.bytes - V6_NETWORK_LEN);
	return key;
}

/* FNV-1a: spread is all that is asked of it; a collision only shares a set of four buckets. */
static size_t first_bucket(const struct address *peer, int64_t target)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < sizeof peer->bytes; i++)
		hash = (hash ^ peer->bytes[i]) * 1099511628211u;
	hash = (hash ^ (uint64_t)target) * 1099511628211u;
	return (size_t)(hash % (LIMITER_BUCKETS / WAYS)) * WAYS;
}

static bool is_of(const struct bucket *bucket, const struct address *peer, int64_t target)
{
	return bucket->full_at_ms != 0 && bucket->target == target &&
	       address_compare(&bucket->peer, peer) == 0;
}

static struct bucket *find(struct limiter *limiter, const struct address *peer, int64_t target)
{
	struct bucket *set = &limiter->buckets[first_bucket(peer, target)];

	for (size_t i = 0; i < WAYS; i++)
		if (is_of(&set[i], peer, target))
			return &set[i];
	return NULL;
}

static struct bucket *take_over(struct limiter *limiter, const struct address *peer, int64_t target,
				uint64_t now_ms)
{
	struct bucket *set = &limiter->buckets[first_bucket(peer, target)];
	struct bucket *oldest = set;

	for (size_t i = 1; i < WAYS; i++)
		if (set[i].full_at_ms < oldest->full_at_ms)
			oldest = &set[i];
	*oldest = (struct bucket){ *peer, target, now_ms };
	return oldest;
}

/* Until one failure more is allowed; 0: it is now. */
static uint64_t wait_ms(const struct bucket *bucket, const struct limiter_trial *trial,
			uint64_t now_ms)
{
	uint64_t may_owe = (trial->burst - 1) * trial->ms_per_try;

	return bucket && bucket->full_at_ms > now_ms + may_owe
		       ? bucket->full_at_ms - now_ms - may_owe
		       : 0;
}

bool limiter_check(struct limiter *limiter, const struct limiter_trial *trial, uint64_t now_ms,
		   struct error *err)
{
	const struct address key = counted_as(trial->peer);

	pthread_mutex_lock(&limiter->lock);
	uint64_t wait = wait_ms(find(limiter, &key, trial->target), trial, now_ms);
	pthread_mutex_unlock(&limiter->lock);

	if (wait == 0)
		return true;
	uint32_t seconds = (uint32_t)((wait + 999) / 1000);
	return error_set_retry(err, REASON_TOO_MANY_FAILURES,
			       seconds > RETRY_AFTER ? seconds : RETRY_AFTER,
			       "more than %u failures", trial->burst);
}

void limiter_count(struct limiter *limiter, const struct limiter_trial *trial, uint64_t now_ms)
{
	const struct address key = counted_as(trial->peer);

	pthread_mutex_lock(&limiter->lock);
	struct bucket *bucket = find(limiter, &key, trial->target);
	if (!bucket)
		bucket = take_over(limiter, &key, trial->target, now_ms);
	if (bucket->full_at_ms < now_ms)
		bucket->full_at_ms = now_ms;
	bucket->full_at_ms += trial->ms_per_try;
	pthread_mutex_unlock(&limiter->lock);
}
