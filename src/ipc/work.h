/* The bounded queue between the thread that reads lines and the workers. */
#pragma once

#include "ipc/line.h"

#define WORK_ITEMS_MAX 4096
#define WORK_OCSP_MAX 512 /* a second's work at most: who waits longer asks again */
#define WORK_BYTES_MAX (64u * 1024 * 1024)

/* A whole message and where it came from; the queue owns the payload and a reference to the line.
 */
struct work {
	struct line *line;
	enum ipc_kind kind;
	uint64_t id;
	struct buffer payload;
	uint64_t read_us;  /* monotonic: when it was read */
	uint64_t since_ms; /* monotonic: put off for the first time; 0: never */
};
void work_done(struct work *work);
/* Sends the reply, if its kind has one. */
void work_reply(const struct work *work, const struct buffer *reply);

struct work_queue;
MUST_CHECK bool work_queue_new(struct work_queue **ret, struct error *err);
void work_queue_free(struct work_queue *queue);
/* False, and nothing taken, when it is full; for events, when it is half full, and for OCSP at
 * WORK_OCSP_MAX. Nobody may take it before work_queue_wake(): several are put at once. */
bool work_queue_put(struct work_queue *queue, const struct work *work);
/* Hands out what was put, and wakes a worker for it. */
void work_queue_wake(struct work_queue *queue);
/* Waits for the first message, then takes what else is handed out, `max` at most: those whose kind
 * shares a batch (shares[kind]); one that does not share comes alone. 0 when the queue is closed
 * and empty. */
size_t work_queue_take(struct work_queue *queue, const bool shares[IPC_KIND_COUNT],
		       struct work *ret, size_t max);
/* How many messages wait; another thread may change it at once. */
size_t work_queue_count(struct work_queue *queue);
void work_queue_close(struct work_queue *queue);
