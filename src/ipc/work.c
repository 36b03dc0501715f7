#include "ipc/work.h"

#include <pthread.h>

struct work_queue {
	pthread_mutex_t lock; /* guards everything below; held for a copy of one item */
	pthread_cond_t filled;
	struct work items[WORK_ITEMS_MAX]; /* a ring */
	size_t first, count, bytes;
	bool closed;
};

void work_done(struct work *work)
{
	/* may hold a device's passphrase */
	buffer_wipe(&work->payload);
	line_unref(work->line);
	work->line = NULL;
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

bool work_queue_put(struct work_queue *queue, const struct work *work)
{
	pthread_mutex_lock(&queue->lock);
	bool fits = !queue->closed && queue->count < WORK_ITEMS_MAX &&
		    work->payload.len <= WORK_BYTES_MAX - queue->bytes;
	if (fits) {
		queue->items[(queue->first + queue->count++) % WORK_ITEMS_MAX] = *work;
		queue->bytes += work->payload.len;
	}
	pthread_mutex_unlock(&queue->lock);
	if (fits)
		pthread_cond_signal(&queue->filled);
	return fits;
}

bool work_queue_get(struct work_queue *queue, struct work *ret)
{
	pthread_mutex_lock(&queue->lock);
	while (!queue->count && !queue->closed)
		pthread_cond_wait(&queue->filled, &queue->lock);
	bool got = queue->count > 0;
	if (got) {
		*ret = queue->items[queue->first++ % WORK_ITEMS_MAX];
		queue->first %= WORK_ITEMS_MAX;
		queue->count--;
		queue->bytes -= ret->payload.len;
	}
	pthread_mutex_unlock(&queue->lock);
	return got;
}

void work_queue_close(struct work_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	pthread_mutex_unlock(&queue->lock);
	pthread_cond_broadcast(&queue->filled);
}
