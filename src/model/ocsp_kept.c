#include "model/ocsp_kept.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/hex.h"

#define BUCKETS 16384 /* a power of two */
#define ETAG_OCTETS 16

TAILQ_HEAD(kept_list, kept_answer);

struct kept {
	const struct change_board *board;
	size_t room, filled, count;
	struct kept_list used;
	struct kept_answer *buckets[BUCKETS];
};

bool kept_new(const struct change_board *board, size_t room, struct kept **ret, struct error *err)
{
	struct kept *kept = calloc(1, sizeof *kept);

	if (!kept)
		return error_set(err, REASON_NO_MEMORY, "OCSP answers");
	kept->board = board;
	kept->room = room;
	TAILQ_INIT(&kept->used);
	*ret = kept;
	return true;
}

static uint32_t hash_of(struct bytes cert_id)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < cert_id.len; i++)
		hash = (hash ^ cert_id.data[i]) * 16777619u;
	return hash ^ hash >> 15;
}

static size_t size_of(const struct kept_answer *answer)
{
	return sizeof *answer + answer->cert_id.len + answer->der.len;
}

static struct kept_answer **place_of(struct kept *kept, struct bytes cert_id, uint32_t hash)
{
	struct kept_answer **place = &kept->buckets[hash % BUCKETS];

	while (*place && ((*place)->hash != hash || !bytes_equal((*place)->cert_id, cert_id)))
		place = &(*place)->next;
	return place;
}

/* Nothing happens where there is none. */
static void drop(struct kept *kept, struct kept_answer **place)
{
	struct kept_answer *answer = *place;

	if (!answer)
		return;
	*place = answer->next;
	TAILQ_REMOVE(&kept->used, answer, used);
	kept->filled -= size_of(answer);
	kept->count--;
	free(answer);
}

static void drop_oldest(struct kept *kept)
{
	const struct kept_answer *oldest = TAILQ_LAST(&kept->used, kept_list);

	drop(kept, place_of(kept, oldest->cert_id, oldest->hash));
}

void kept_free(struct kept *kept)
{
	if (!kept)
		return;
	while (!TAILQ_EMPTY(&kept->used))
		drop_oldest(kept);
	free(kept);
}

static bool is_usable(const struct kept *kept, const struct kept_answer *answer, int64_t now)
{
	return now < answer->next_update &&
	       change_board_look(kept->board, answer->slot) == answer->seen;
}

struct kept_answer *kept_find(struct kept *kept, struct bytes cert_id, int64_t now)
{
	struct kept_answer **place = place_of(kept, cert_id, hash_of(cert_id));
	struct kept_answer *answer = *place;

	if (!answer)
		return NULL;
	if (!is_usable(kept, answer, now)) {
		drop(kept, place);
		return NULL;
	}
	TAILQ_REMOVE(&kept->used, answer, used);
	TAILQ_INSERT_HEAD(&kept->used, answer, used);
	return answer;
}

static bool name_octets(struct kept_answer *answer)
{
	unsigned char hash[HASH_LEN];
	char hex[2 * ETAG_OCTETS + 1];

	if (!hash_sha256(answer->der, hash, NULL))
		return false;
	hex_encode((struct bytes){ hash, ETAG_OCTETS }, hex);
	snprintf(answer->etag, sizeof answer->etag, "\"%s\"", hex);
	return true;
}

static struct bytes copy_to(unsigned char *to, struct bytes bytes)
{
	memcpy(to, bytes.data, bytes.len);
	return (struct bytes){ to, bytes.len };
}

static struct kept_answer *copy(struct bytes cert_id, struct bytes serial,
				const struct ocsp_reply *reply)
{
	struct kept_answer *answer = malloc(sizeof *answer + cert_id.len + reply->der.len);

	if (!answer)
		return NULL;
	unsigned char *octets = (unsigned char *)(answer + 1);
	*answer = (struct kept_answer){
		.hash = hash_of(cert_id),
		.slot = change_board_slot(serial),
		.seen = reply->seen,
		.this_update = reply->this_update,
		.next_update = reply->next_update,
		.stale_at = reply->next_update - (reply->next_update - reply->this_update) / 2,
		.cert_id = copy_to(octets, cert_id),
		.der = copy_to(octets + cert_id.len, reply->der),
	};
	if (name_octets(answer))
		return answer;
	free(answer);
	return NULL;
}

void kept_put(struct kept *kept, struct bytes cert_id, struct bytes serial,
	      const struct ocsp_reply *reply)
{
	struct kept_answer **place = place_of(kept, cert_id, hash_of(cert_id));
	struct kept_answer *answer = copy(cert_id, serial, reply);

	drop(kept, place);
	if (!answer)
		return;
	if (size_of(answer) > kept->room) {
		free(answer);
		return;
	}
	while (kept->filled + size_of(answer) > kept->room)
		drop_oldest(kept);

	struct kept_answer **bucket = &kept->buckets[answer->hash % BUCKETS];
	answer->next = *bucket;
	*bucket = answer;
	TAILQ_INSERT_HEAD(&kept->used, answer, used);
	kept->filled += size_of(answer);
	kept->count++;
}

size_t kept_count(const struct kept *kept)
{
	return kept->count;
}
