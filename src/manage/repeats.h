/* Requests that a client sends again because it never saw the answer: with the same key
 * (Idempotency-Key) they get the answer that the first one got. Kept in memory only, as an answer
 * may show a new secret, and wiped when its time is over. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"

#define REPEATS_KEPT 256
#define REPEATS_PER_ASKER 64 /* then its own oldest gives way: it takes no place of others */
#define REPEAT_SECONDS ((int64_t)10 * 60)
#define REPEAT_ANSWER_MAX (256 * 1024)

struct repeats;
MUST_CHECK bool repeats_new(struct repeats **ret, struct error *err);
void repeats_free(struct repeats *repeats);
DEFINE_CLEANUP(struct repeats *, repeats_free)

/* A request with a key. Views. */
struct repeat {
	/* The credential, for names say too little: two accounts may each call a token the same. */
	struct bytes asker;
	struct bytes key, request;
};
/* True, and then either *ret_known with the answer appended to `reply`, or the request is to be
 * done and repeat_end() to be called. REASON_CONFLICT for a key that came with another request;
 * REASON_BUSY while the first is under way, or where there is no room. Thread-safe. */
MUST_CHECK bool repeat_begin(struct repeats *repeats, const struct repeat *repeat, int64_t now,
			     bool *ret_known, struct buffer *reply, struct error *err);
/* An answer that is not `kept` may be asked for anew. */
void repeat_end(struct repeats *repeats, const struct repeat *repeat, bool kept,
		struct bytes reply);
