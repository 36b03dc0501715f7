#include "ipc/work.h"

#include <pthread.h>

struct work_queue {
	pthread_mutex_t lock; /* guards everything below; held for a copy of one item */
	pthread_cond_t filled;
	struct work items[WORK_ITEMS_MAX]; /* a ring */
	size_t first, count, bytes;
	size_t handed_out; /* of these: what workers may take */
	bool closed;
};

void work_done(struct work *work)
{
	/* may hold a device's passphrase */
	buffer_wipe(&work->payload);
	line_unref(work->line);
	work->line = NULL;
}

static const bool wants_reply[IPC_KIND_COUNT] = {
	[IPC_EST] = true, [IPC_MANAGE] = true,  [IPC_OCSP] = true,
	[IPC_API] = true, [IPC_METRICS] = true, [IPC_HEALTH] = true
};

void work_reply(const struct work *work, const struct buffer *reply)
{
	const struct ipc_frame message = {
		.kind = work->kind,
		.is_reply = true,
		.id = work->id,
		.payload = buffer_view(reply),
	};

	/* what could not be made is not sent: half an answer is worse than a timeout */
	if (wants_reply[work->kind] && buffer_ok(reply))
		line_send(work->line, &message, -1);
}

bool work_queue_new(struct work_queue **ret, struct error *err)
{
	struct work_queue *queue = calloc(1, sizeof *queue);

	if (!queue)
		return error_set(err, REASON_NO_MEMORY, "queue of messages");
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->filled, NULL);
	*ret = queue;
	return true;
}

void work_queue_free(struct work_queue *queue)
{
	if (!queue)
		return;
	for (; queue->count; queue->count--, queue->first++)
		work_done(&queue->items[queue->first % WORK_ITEMS_MAX]);
	pthread_cond_destroy(&queue->filled);
	pthread_mutex_destroy(&queue->lock);
	free(queue);
}

/* What nobody waits for gives way to what somebody does. */
static size_t room_for(enum ipc_kind kind)
{
	if (kind == IPC_OCSP)
		return WORK_OCSP_MAX;
	return kind == IPC_EVENT || kind == IPC_FETCH ? WORK_ITEMS_MAX / 2 : WORK_ITEMS_MAX;
}

bool work_queue_put(struct work_queue *queue, const struct work *work)
{
	pthread_mutex_lock(&queue->lock);
	bool fits = !queue->closed && queue->count < room_for(work->kind) &&
		    work->payload.len <= WORK_BYTES_MAX - queue->bytes;
	if (fits) {
		queue->items[(queue->first + queue->count++) % WORK_ITEMS_MAX] = *work;
		queue->bytes += work->payload.len;
	}
	pthread_mutex_unlock(&queue->lock);
	return fits;
}

static struct work take_first(struct work_queue *queue)
{
	struct work work = queue->items[queue->first];

	queue->first = (queue->first + 1) % WORK_ITEMS_MAX;
	queue->count--;
	queue->handed_out--;
	queue->bytes -= work.payload.len;
	return work;
}

static bool may_join(const struct work_queue *queue, const bool shares[IPC_KIND_COUNT],
		     const struct work *first)
{
	return shares[first->kind] && shares[queue->items[queue->first].kind];
}

size_t work_queue_take(struct work_queue *queue, const bool shares[IPC_KIND_COUNT],
		       struct work *ret, size_t max)
{
	size_t taken = 0;

	pthread_mutex_lock(&queue->lock);
	while (!queue->handed_out && !queue->closed)
		pthread_cond_wait(&queue->filled, &queue->lock);
	while (queue->handed_out && taken < max && (taken == 0 || may_join(queue, shares, ret)))
		ret[taken++] = take_first(queue);
	bool more = queue->handed_out > 0;
	pthread_mutex_unlock(&queue->lock);
	if (more)
		pthread_cond_signal(&queue->filled);
	return taken;
}

void work_queue_wake(struct work_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->handed_out = queue->count;
	pthread_mutex_unlock(&queue->lock);
	pthread_cond_signal(&queue->filled);
}

size_t work_queue_count(struct work_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	size_t count = queue->count;
	pthread_mutex_unlock(&queue->lock);
	return count;
}

void work_queue_close(struct work_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	queue->handed_out = queue->count;
	pthread_mutex_unlock(&queue->lock);
	pthread_cond_broadcast(&queue->filled);
}
