/* The bounded queue between the thread that reads lines and the workers. */
#pragma once

#include "ipc/line.h"

#define WORK_ITEMS_MAX 4096
#define WORK_BYTES_MAX (64u * 1024 * 1024)

/* A whole message and where it came from; the queue owns the payload and a reference to the line.
 */
struct work {
	struct line *line;
	enum ipc_kind kind;
	uint64_t id;
	struct buffer payload;
};
void work_done(struct work *work);

struct work_queue;
MUST_CHECK bool work_queue_new(struct work_queue **ret, struct error *err);
void work_queue_free(struct work_queue *queue);
/* False, and nothing taken, when it is full. Wakes one worker. */
bool work_queue_put(struct work_queue *queue, const struct work *work);
/* Waits for the first message, then takes what else is there, `max` at most: those whose kind
 * shares a batch (shares[kind]); one that does not share comes alone. While the queue is busy it
 * waits WORK_GATHER_MS for more, because a commit costs more processor time than most answers; a
 * lone question is never kept waiting. 0 when the queue is closed and empty. */
#define WORK_GATHER_MS 4
#define WORK_BUSY_MS 10 /* so soon after the last batch, more is to come */
size_t work_queue_take(struct work_queue *queue, const bool shares[IPC_KIND_COUNT],
		       struct work *ret, size_t max);
void work_queue_close(struct work_queue *queue);
