#include "ipc/workers.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define BATCH_MAX 32     /* above what the server gathers */
#define PATIENCE_MS 3000 /* for what is not ready; callers wait longer */
#define PATIENCE_ITEMS_MAX 256
#define ASIDES 2 /* threads beside the workers */
#define VERBS 4  /* threads for operators */
#define ASIDE_NICE 10
#define ASK_AGAIN_MS 20
#define ASK_AGAIN_BATCH 4
#define SLOW_ITEMS_MAX 512
#define SLOW_PATIENCE_MS 20000 /* then it would be done for nobody: callers wait 30 s */
/* Room for Argon2's and OpenSSL's frames, whatever the stack limit of the environment is. */
#define WORKER_STACK (1024 * 1024)

/* Operators' verbs and devices' requests may all be slow; neither waits for the other. */
enum lane { LANE_EST, LANE_MANAGE, LANE_COUNT };
struct slow_lane {
	struct workers *workers;
	struct work_queue *queue;
};

struct workers {
	struct ipc_server_options options;
	struct work_queue *queue;
	struct work_queue *later;          /* what was not ready */
	struct slow_lane slow[LANE_COUNT]; /* what may block */
	struct work_queue *aside;          /* what strangers may ask without end */
	struct work_queue *verbs;          /* what operators ask */
	pthread_t *threads;
	unsigned int count;           /* that run */
	_Atomic unsigned int at_work; /* of those that gathered questions are for */
};

/* An operator's verb may take its time; nobody's enrollment waits for it. */
static const bool shares_batch[IPC_KIND_COUNT] = {
	[IPC_EST] = true, [IPC_EVENT] = true, [IPC_FETCH] = true
};

/* Anybody may ask for any certificate's status: such questions have a short queue, and a thread
 * that runs when no enrollment wants the processor. So have those of who counts what there is.
 * Operators have threads of their own, for a search may take seconds, and whoever may read one
 * account could keep all workers searching. */
enum place { PLACE_WORKERS, PLACE_ASIDE, PLACE_VERBS };
static const enum place places[IPC_KIND_COUNT] = { [IPC_OCSP] = PLACE_ASIDE,
						   [IPC_METRICS] = PLACE_ASIDE,
						   [IPC_MANAGE] = PLACE_VERBS,
						   [IPC_API] = PLACE_VERBS };

bool workers_are_gathering(enum ipc_kind kind)
{
	return places[kind] == PLACE_WORKERS;
}

/* -- asking again -- */

/* What is not ready waits with one thread of its own, so that it is in nobody's way. */
static bool may_ask_again(const struct workers *workers, const struct work *work, uint64_t now)
{
	return (work->since_ms == 0 || now - work->since_ms < PATIENCE_MS) &&
	       work_queue_count(workers->later) < PATIENCE_ITEMS_MAX;
}

static bool put(struct work_queue *queue, const struct work *work)
{
	if (!work_queue_put(queue, work))
		return false;
	work_queue_wake(queue);
	return true;
}

static void refuse(const struct workers *workers, const struct work *work)
{
	CLEANUP(buffer_wipe) struct buffer reply = { 0 };

	if (workers->options.overloads)
		counter_add(workers->options.overloads, 1);
	if (workers->options.on_overload)
		workers->options.on_overload(workers->options.context, work->kind, &reply);
	if (reply.len)
		work_reply(work, &reply);
}

/* True if the work is not done, but a queue's. */
static bool put_off(struct workers *workers, struct work *work, enum ipc_answer answer)
{
	if (answer == IPC_ASK_SLOWLY) {
		work->since_ms = monotonic_ms();
		enum lane lane = work->kind == IPC_EST ? LANE_EST : LANE_MANAGE;
		struct work_queue *queue = workers->slow[lane].queue;

		if (work_queue_count(queue) < SLOW_ITEMS_MAX && put(queue, work))
			return true;
		refuse(workers, work);
		return false;
	}
	work->since_ms = work->since_ms ? work->since_ms : monotonic_ms();
	return put(workers->later, work);
}

/* -- answering -- */

struct batch {
	struct work works[BATCH_MAX];
	struct buffer replies[BATCH_MAX];
	enum ipc_answer answers[BATCH_MAX];
	size_t count;
};

static bool is_put_off(enum ipc_answer answer)
{
	return answer == IPC_ASK_AGAIN || answer == IPC_ASK_SLOWLY;
}

/* True if any answer must wait until the batch is settled. */
static bool answer_batch(struct workers *workers, struct batch *batch, bool may_block)
{
	const struct ipc_server_options *options = &workers->options;
	uint64_t now = monotonic_ms();
	bool any_waits = false;

	for (size_t i = 0; i < batch->count; i++) {
		struct work *work = &batch->works[i];
		const struct ipc_turn turn = {
			.may_ask_again = !may_block && may_ask_again(workers, work, now),
			.may_block = may_block || options->slow_workers == 0,
		};
		batch->answers[i] =
			options->on_message(options->context, work->kind,
					    buffer_view(&work->payload), turn, &batch->replies[i]);
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
		if (!is_put_off(batch->answers[i]))
			work_reply(work, &batch->replies[i]);
		buffer_wipe(&batch->replies[i]);
		if (!is_put_off(batch->answers[i]) || !put_off(workers, work, batch->answers[i]))
			work_done(work);
	}
}

/* What is asked again has been measured when it was taken first. */
static void measure(const struct workers *workers, const struct batch *batch)
{
	uint64_t now = monotonic_us();

	for (size_t i = 0; i < batch->count; i++)
		if (!batch->works[i].since_ms)
			meter_add(workers->options.waits, METER_DURATION,
				  now - batch->works[i].read_us);
}

static void serve_batch(struct workers *workers, struct batch *batch, bool may_block)
{
	const struct ipc_server_options *options = &workers->options;

	measure(workers, batch);
	uint64_t mark = options->on_batch ? options->on_batch(options->context) : 0;

	if (answer_batch(workers, batch, may_block) && options->on_settle &&
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
		serve_batch(workers, &batch, false);
	}
}

/* One at a time: the answers of a batch would wait for the slowest. */
static void *block_until_closed(void *context)
{
	const struct slow_lane *lane = context;
	struct workers *workers = lane->workers;
	struct batch batch = { 0 };

	for (;;) {
		batch.count = work_queue_take(lane->queue, shares_batch, batch.works, 1);
		if (batch.count == 0)
			return NULL;
		if (monotonic_ms() - batch.works[0].since_ms <= SLOW_PATIENCE_MS) {
			serve_batch(workers, &batch, true);
			continue;
		}
		refuse(workers, &batch.works[0]);
		work_done(&batch.works[0]);
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
		atomic_fetch_add(&workers->at_work, 1);
		serve_batch(workers, &batch, false);
		atomic_fetch_sub(&workers->at_work, 1);
	}
}

static void work_one_by_one(struct workers *workers, struct work_queue *queue)
{
	struct batch batch = { 0 };

	for (;;) {
		batch.count = work_queue_take(queue, shares_batch, batch.works, 1);
		if (batch.count == 0)
			return;
		serve_batch(workers, &batch, false);
	}
}

static void *work_aside_until_closed(void *context)
{
	struct workers *workers = context;

	/* of this thread alone, and best effort: without it the kernel shares evenly */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), ASIDE_NICE);
	work_one_by_one(workers, workers->aside);
	return NULL;
}

static void *do_verbs_until_closed(void *context)
{
	struct workers *workers = context;

	work_one_by_one(workers, workers->verbs);
	return NULL;
}

static bool start_worker(struct workers *workers, const pthread_attr_t *attributes,
			 void *(*work)(void *), void *context, struct error *err)
{
	int failed = pthread_create(&workers->threads[workers->count], attributes, work, context);

	if (failed)
		return error_set(err, REASON_INTERNAL, "worker thread %u: %s", workers->count + 1,
				 strerror(failed));
	workers->count++;
	return true;
}

static bool start_workers(struct workers *workers, struct error *err)
{
	pthread_attr_t attributes;
	sigset_t all, before;

	unsigned int slow = LANE_COUNT * workers->options.slow_workers;
	unsigned int all_workers = ASIDES + slow + VERBS + workers->options.workers;

	workers->threads = calloc(all_workers, sizeof *workers->threads);
	if (!workers->threads)
		return error_set(err, REASON_NO_MEMORY, "worker threads");
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, WORKER_STACK);
	/* signals are for the thread that runs the loop */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	bool started = start_worker(workers, &attributes, ask_again_until_closed, workers, err) &&
		       start_worker(workers, &attributes, work_aside_until_closed, workers, err);
	while (started && workers->count < ASIDES + slow)
		started = start_worker(workers, &attributes, block_until_closed,
				       &workers->slow[workers->count % LANE_COUNT], err);
	while (started && workers->count < ASIDES + slow + VERBS)
		started = start_worker(workers, &attributes, do_verbs_until_closed, workers, err);
	while (started && workers->count < all_workers)
		started = start_worker(workers, &attributes, work_until_closed, workers, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return started;
}

void workers_join(struct workers *workers)
{
	work_queue_close(workers->queue);
	work_queue_close(workers->later);
	work_queue_close(workers->aside);
	work_queue_close(workers->verbs);
	for (size_t i = 0; i < LANE_COUNT; i++)
		work_queue_close(workers->slow[i].queue);
	for (; workers->count; workers->count--)
		pthread_join(workers->threads[workers->count - 1], NULL);
}

static bool open_lanes(struct workers *workers, struct error *err)
{
	for (size_t i = 0; i < LANE_COUNT; i++) {
		workers->slow[i].workers = workers;
		if (!work_queue_new(&workers->slow[i].queue, err))
			return false;
	}
	return true;
}

bool workers_new(const struct ipc_server_options *options, struct workers **ret, struct error *err)
{
	CLEANUP(workers_freep) struct workers *workers = calloc(1, sizeof *workers);

	if (!workers)
		return error_set(err, REASON_NO_MEMORY, "workers");
	workers->options = *options;
	if (!work_queue_new(&workers->queue, err) || !work_queue_new(&workers->later, err) ||
	    !work_queue_new(&workers->aside, err) || !work_queue_new(&workers->verbs, err) ||
	    !open_lanes(workers, err) || !start_workers(workers, err))
		return false;
	*ret = TAKE(workers);
	return true;
}

void workers_free(struct workers *workers)
{
	if (!workers)
		return;
	if (workers->queue && workers->later && workers->aside && workers->verbs &&
	    workers->slow[LANE_COUNT - 1].queue)
		workers_join(workers);
	work_queue_free(workers->queue);
	work_queue_free(workers->later);
	work_queue_free(workers->aside);
	work_queue_free(workers->verbs);
	for (size_t i = 0; i < LANE_COUNT; i++)
		work_queue_free(workers->slow[i].queue);
	free(workers->threads);
	free(workers);
}

bool workers_put(struct workers *workers, const struct work *work)
{
	if (places[work->kind] == PLACE_WORKERS)
		return work_queue_put(workers->queue, work);
	return put(places[work->kind] == PLACE_ASIDE ? workers->aside : workers->verbs, work);
}

bool workers_are_busy(struct workers *workers)
{
	return atomic_load(&workers->at_work) > 0;
}

void workers_wake(struct workers *workers)
{
	work_queue_wake(workers->queue);
}
