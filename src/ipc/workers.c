#include "ipc/workers.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define BATCH_MAX 32
#define PATIENCE_MS 3000 /* for what is not ready; callers wait longer */
#define PATIENCE_ITEMS_MAX 256
#define ASIDES 2 /* threads beside the workers */
#define ASIDE_NICE 10
#define ASK_AGAIN_MS 20
#define ASK_AGAIN_BATCH 4
/* Room for Argon2's and OpenSSL's frames, whatever the stack limit of the environment is. */
#define WORKER_STACK (1024 * 1024)

struct workers {
	struct ipc_server_options options;
	struct work_queue *queue;
	struct work_queue *later; /* what was not ready */
	struct work_queue *aside; /* what strangers may ask without end */
	pthread_t *threads;
	unsigned int count; /* that run */
};

/* An operator's verb may take its time; nobody's enrollment waits for it. */
static const bool shares_batch[IPC_KIND_COUNT] = { [IPC_EST] = true, [IPC_EVENT] = true };

/* Anybody may ask for any certificate's status: such questions have a short queue, and a thread
 * that runs when no enrollment wants the processor. */
static const bool waits_aside[IPC_KIND_COUNT] = { [IPC_OCSP] = true };

bool workers_are_gathering(enum ipc_kind kind)
{
	return !waits_aside[kind];
}

/* -- asking again -- */

/* What is not ready waits with one thread of its own, so that it is in nobody's way. */
static bool may_ask_again(const struct workers *workers, const struct work *work, uint64_t now)
{
	return (work->since_ms == 0 || now - work->since_ms < PATIENCE_MS) &&
	       work_queue_count(workers->later) < PATIENCE_ITEMS_MAX;
}

/* True if the work is not done, but the queue's. */
static bool put_off(struct workers *workers, struct work *work)
{
	work->since_ms = work->since_ms ? work->since_ms : monotonic_ms();
	if (!work_queue_put(workers->later, work))
		return false;
	work_queue_wake(workers->later);
	return true;
}

/* -- answering -- */

struct batch {
	struct work works[BATCH_MAX];
	struct buffer replies[BATCH_MAX];
	enum ipc_answer answers[BATCH_MAX];
	size_t count;
};

/* True if any answer must wait until the batch is settled. */
static bool answer_batch(struct workers *workers, struct batch *batch)
{
	const struct ipc_server_options *options = &workers->options;
	uint64_t now = monotonic_ms();
	bool any_waits = false;

	for (size_t i = 0; i < batch->count; i++) {
		struct work *work = &batch->works[i];
		batch->answers[i] = options->on_message(
			options->context, work->kind, buffer_view(&work->payload),
			may_ask_again(workers, work, now), &batch->replies[i]);
		any_waits |= batch->answers[i] == IPC_ANSWER_SETTLED;
	}
	return any_waits;
}

static void take_back_answers(struct workers *workers, struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->answers[i] != IPC_ANSWER_SETTLED)
			continue;
		buffer_wipe(&batch->replies[i]);
		workers->options.on_unsettled(workers->options.context, batch->works[i].kind,
					      &batch->replies[i]);
	}
}

static void send_answers(struct workers *workers, struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		struct work *work = &batch->works[i];
		if (batch->answers[i] != IPC_ASK_AGAIN)
			work_reply(work, &batch->replies[i]);
		buffer_wipe(&batch->replies[i]);
		if (batch->answers[i] != IPC_ASK_AGAIN || !put_off(workers, work))
			work_done(work);
	}
}

static void serve_batch(struct workers *workers, struct batch *batch)
{
	const struct ipc_server_options *options = &workers->options;
	uint64_t mark = options->on_batch ? options->on_batch(options->context) : 0;

	if (answer_batch(workers, batch) && options->on_settle &&
	    !options->on_settle(options->context, mark))
		take_back_answers(workers, batch);
	send_answers(workers, batch);
}

static void *ask_again_until_closed(void *context)
{
	const struct timespec moment = { .tv_nsec = ASK_AGAIN_MS * 1000000L };
	struct workers *workers = context;
	struct batch batch = { 0 };

	for (;;) {
		/* few, because each may take long and their answers wait for one another */
		batch.count =
			work_queue_take(workers->later, shares_batch, batch.works, ASK_AGAIN_BATCH);
		if (batch.count == 0)
			return NULL;
		(void)nanosleep(&moment, NULL);
		serve_batch(workers, &batch);
	}
}

static void *work_until_closed(void *context)
{
	struct workers *workers = context;
	struct batch batch = { 0 };

	for (;;) {
		batch.count = work_queue_take(workers->queue, shares_batch, batch.works, BATCH_MAX);
		if (batch.count == 0)
			return NULL;
		serve_batch(workers, &batch);
	}
}

static void *work_aside_until_closed(void *context)
{
	struct workers *workers = context;
	struct batch batch = { 0 };

	/* of this thread alone, and best effort: without it the kernel shares evenly */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), ASIDE_NICE);
	for (;;) {
		batch.count = work_queue_take(workers->aside, shares_batch, batch.works, 1);
		if (batch.count == 0)
			return NULL;
		serve_batch(workers, &batch);
	}
}

static bool start_worker(struct workers *workers, const pthread_attr_t *attributes,
			 void *(*work)(void *), struct error *err)
{
	int failed = pthread_create(&workers->threads[workers->count], attributes, work, workers);

	if (failed)
		return error_set(err, REASON_INTERNAL, "worker thread %u of %u: %s",
				 workers->count + 1, workers->options.workers + ASIDES,
				 strerror(failed));
	workers->count++;
	return true;
}

static bool start_workers(struct workers *workers, struct error *err)
{
	pthread_attr_t attributes;
	sigset_t all, before;

	workers->threads = calloc(workers->options.workers + ASIDES, sizeof *workers->threads);
	if (!workers->threads)
		return error_set(err, REASON_NO_MEMORY, "worker threads");
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, WORKER_STACK);
	/* signals are for the thread that runs the loop */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool started = start_worker(workers, &attributes, ask_again_until_closed, err) &&
		       start_worker(workers, &attributes, work_aside_until_closed, err);
	while (started && workers->count < workers->options.workers + ASIDES)
		started = start_worker(workers, &attributes, work_until_closed, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return started;
}

void workers_join(struct workers *workers)
{
	work_queue_close(workers->queue);
	work_queue_close(workers->later);
	work_queue_close(workers->aside);
	for (; workers->count; workers->count--)
		pthread_join(workers->threads[workers->count - 1], NULL);
}

bool workers_new(const struct ipc_server_options *options, struct workers **ret, struct error *err)
{
	CLEANUP(workers_freep) struct workers *workers = calloc(1, sizeof *workers);

	if (!workers)
		return error_set(err, REASON_NO_MEMORY, "workers");
	workers->options = *options;
	if (!work_queue_new(&workers->queue, err) || !work_queue_new(&workers->later, err) ||
	    !work_queue_new(&workers->aside, err) || !start_workers(workers, err))
		return false;
	*ret = TAKE(workers);
	return true;
}

void workers_free(struct workers *workers)
{
	if (!workers)
		return;
	if (workers->queue && workers->later && workers->aside)
		workers_join(workers);
	work_queue_free(workers->queue);
	work_queue_free(workers->later);
	work_queue_free(workers->aside);
	free(workers->threads);
	free(workers);
}

bool workers_put(struct workers *workers, const struct work *work)
{
	if (!waits_aside[work->kind])
		return work_queue_put(workers->queue, work);
	if (!work_queue_put(workers->aside, work))
		return false;
	work_queue_wake(workers->aside);
	return true;
}

void workers_wake(struct workers *workers)
{
	work_queue_wake(workers->queue);
}
