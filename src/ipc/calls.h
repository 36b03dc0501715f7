/* The calls of a client that wait for their reply, found by id. */
#pragma once

#include "ipc/ipc.h"

#define CALLS_IN_FLIGHT_MAX 4096
/* Room beyond that is for calls that failed already and are told so on the loop's next turn. No
 * loop iteration makes more calls than it has events, which libevent bounds at 4096. */
#define CALLS_MAX (2 * CALLS_IN_FLIGHT_MAX)

struct call {
	bool waiting;
	enum ipc_kind kind;
	uint64_t id;
	uint64_t generation; /* of the authority, as far as its hellos tell */
	uint64_t deadline;   /* monotonic_ms(); 0: failed already */
	void (*done)(void *context, struct bytes reply, const struct error *err);
	void *context;
};

struct calls {
	uint64_t next_id;
	size_t count;
	struct call slots[CALLS_MAX]; /* by id modulo CALLS_MAX */
};

/* Ids begin at a random number: what was asked by an earlier process of this line may still be
 * answered on it, and must not answer a call of ours. */
MUST_CHECK bool calls_new(struct calls **ret, struct error *err);
void calls_free(struct calls *calls);
/* An empty slot with an id and `waiting` set; NULL when there is none. */
struct call *calls_add(struct calls *calls);
struct call *calls_find(struct calls *calls, uint64_t id, enum ipc_kind kind);
/* Empties the slot and calls `done`. */
void calls_finish(struct calls *calls, struct call *call, struct bytes reply,
		  const struct error *err);
