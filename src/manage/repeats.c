#include "manage/repeats.h"

#include <pthread.h>
#include <string.h>

#define RETRY_AFTER 1

struct kept {
	bool used, done;
	int64_t ends;
	unsigned char asker[HASH_LEN], key[HASH_LEN], request[HASH_LEN];
	struct buffer reply;
};

struct repeats {
	pthread_mutex_t lock;
	struct kept kept[REPEATS_KEPT];
};

bool repeats_new(struct repeats **ret, struct error *err)
{
	struct repeats *repeats = calloc(1, sizeof *repeats);

	if (!repeats)
		return error_set(err, REASON_NO_MEMORY, "repeats");
	pthread_mutex_init(&repeats->lock, NULL);
	*ret = repeats;
	return true;
}

static void forget(struct kept *kept)
{
	buffer_wipe(&kept->reply);
	*kept = (struct kept){ 0 };
}

void repeats_free(struct repeats *repeats)
{
	if (!repeats)
		return;
	for (size_t i = 0; i < REPEATS_KEPT; i++)
		forget(&repeats->kept[i]);
	pthread_mutex_destroy(&repeats->lock);
	free(repeats);
}

struct hashes {
	unsigned char asker[HASH_LEN], key[HASH_LEN], request[HASH_LEN];
};

static bool hash_all(const struct repeat *repeat, struct hashes *ret, struct error *err)
{
	return hash_sha256(repeat->asker, ret->asker, err) &&
	       hash_sha256(repeat->key, ret->key, err) &&
	       hash_sha256(repeat->request, ret->request, err);
}

static bool is_of(const struct kept *kept, const unsigned char asker[HASH_LEN])
{
	return kept->used && memcmp(kept->asker, asker, HASH_LEN) == 0;
}

static struct kept *find(struct repeats *repeats, const struct hashes *hashes)
{
	for (size_t i = 0; i < REPEATS_KEPT; i++)
		if (is_of(&repeats->kept[i], hashes->asker) &&
		    memcmp(repeats->kept[i].key, hashes->key, HASH_LEN) == 0)
			return &repeats->kept[i];
	return NULL;
}

static size_t count_of(const struct repeats *repeats, const unsigned char asker[HASH_LEN])
{
	size_t count = 0;

	for (size_t i = 0; i < REPEATS_KEPT; i++)
		count += is_of(&repeats->kept[i], asker);
	return count;
}

/* NULL where all are under way. */
static struct kept *oldest_of(struct repeats *repeats, const unsigned char asker[HASH_LEN])
{
	struct kept *oldest = NULL;

	for (size_t i = 0; i < REPEATS_KEPT; i++) {
		struct kept *kept = &repeats->kept[i];

		if (is_of(kept, asker) && kept->done && (!oldest || kept->ends < oldest->ends))
			oldest = kept;
	}
	return oldest;
}

/* A free one, or one whose time is over; one that is under way is neither. */
static struct kept *find_room(struct repeats *repeats, int64_t now)
{
	for (size_t i = 0; i < REPEATS_KEPT; i++) {
		struct kept *kept = &repeats->kept[i];

		if (!kept->used || (kept->done && kept->ends <= now))
			return kept;
	}
	return NULL;
}

static struct kept *take_place(struct repeats *repeats, const struct hashes *hashes, int64_t now)
{
	bool has_share = count_of(repeats, hashes->asker) >= REPEATS_PER_ASKER;
	struct kept *kept = has_share ? oldest_of(repeats, hashes->asker) : find_room(repeats, now);

	if (kept)
		forget(kept);
	return kept;
}

static bool answer_again(const struct kept *kept, const struct hashes *hashes, bool *ret_known,
			 struct buffer *reply, struct error *err)
{
	if (memcmp(kept->request, hashes->request, HASH_LEN) != 0)
		return error_set(err, REASON_CONFLICT,
				 "Idempotency-Key: it came with another request before");
	if (!kept->done)
		return error_set_retry(err, REASON_BUSY, RETRY_AFTER,
				       "the request of this Idempotency-Key is under way");
	buffer_append(reply, buffer_view(&kept->reply));
	*ret_known = true;
	return true;
}

static bool begin(struct repeats *repeats, const struct hashes *hashes, int64_t now,
		  bool *ret_known, struct buffer *reply, struct error *err)
{
	struct kept *kept = find(repeats, hashes);

	if (kept && (!kept->done || kept->ends > now))
		return answer_again(kept, hashes, ret_known, reply, err);
	if (kept)
		forget(kept);
	kept = take_place(repeats, hashes, now);
	if (!kept)
		return error_set_retry(err, REASON_BUSY, RETRY_AFTER,
				       "too many requests with an Idempotency-Key");
	kept->used = true;
	kept->ends = now + REPEAT_SECONDS;
	memcpy(kept->asker, hashes->asker, HASH_LEN);
	memcpy(kept->key, hashes->key, HASH_LEN);
	memcpy(kept->request, hashes->request, HASH_LEN);
	*ret_known = false;
	return true;
}

bool repeat_begin(struct repeats *repeats, const struct repeat *repeat, int64_t now,
		  bool *ret_known, struct buffer *reply, struct error *err)
{
	struct hashes hashes;

	if (!hash_all(repeat, &hashes, err))
		return false;
	pthread_mutex_lock(&repeats->lock);
	bool begun = begin(repeats, &hashes, now, ret_known, reply, err);
	pthread_mutex_unlock(&repeats->lock);
	return begun;
}

void repeat_end(struct repeats *repeats, const struct repeat *repeat, bool kept_wanted,
		struct bytes reply)
{
	struct hashes hashes;
	bool hashed = hash_all(repeat, &hashes, NULL);

	pthread_mutex_lock(&repeats->lock);
	struct kept *kept = hashed ? find(repeats, &hashes) : NULL;
	if (kept && kept_wanted && reply.len <= REPEAT_ANSWER_MAX) {
		buffer_append(&kept->reply, reply);
		kept->done = true;
	}
	if (kept && (!kept->done || !buffer_ok(&kept->reply)))
		forget(kept);
	pthread_mutex_unlock(&repeats->lock);
}
