/* OCSP answers that are kept ready, by the CertID that was asked: by the authority, so that all
 * edges give the same, and by each edge. One thread at a time.
 *
 * An answer is used while its time runs and the change board's counter of its serial shows what it
 * showed when the answer was made: a revocation voids it before the revocation returns. What was
 * not used for longest goes first when the room is full. */
#pragma once

#include <sys/queue.h>

#include "base/change_board.h"
#include "model/ocsp_reply.h"

#define KEPT_ETAG_MAX 40

struct kept_answer {
	TAILQ_ENTRY(kept_answer) used; /* most recently first */
	struct kept_answer *next;      /* of its bucket */
	uint32_t hash;
	size_t slot;
	uint64_t seen;
	int64_t this_update, next_update;
	int64_t stale_at;          /* from then on a newer one should be asked for */
	bool is_asked_anew;        /* it was */
	char etag[KEPT_ETAG_MAX];  /* of its octets, for HTTP */
	struct bytes cert_id, der; /* in the same allocation */
};

struct kept;
#define KEPT_ROOM (32 * 1024 * 1024) /* about twenty thousand answers */
/* `room`: octets, all included. The board is borrowed. */
MUST_CHECK bool kept_new(const struct change_board *board, size_t room, struct kept **ret,
			 struct error *err);
void kept_free(struct kept *kept);
DEFINE_CLEANUP(struct kept *, kept_free)

/* NULL when there is none to use. Borrowed until the next call. */
struct kept_answer *kept_find(struct kept *kept, struct bytes cert_id, int64_t now);
/* Takes the place of the one before it. Best effort: without memory nothing is kept. `serial` is
 * that of the CertID. */
void kept_put(struct kept *kept, struct bytes cert_id, struct bytes serial,
	      const struct ocsp_reply *reply);
size_t kept_count(const struct kept *kept);
