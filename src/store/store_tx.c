/* Transactions, many of which share one commit.
 *
 * There is one writer connection. A transaction is a savepoint on it, so each can roll back alone,
 * inside one database transaction that we call the group. Whoever begins gets the connection to
 * itself (`busy`); when the transaction ends, the next may begin, in the same group. A committer
 * sleeps until its group has ended, unless nobody else is about to write: then it leads, which is
 * to COMMIT the group, hence one fsync, and to wake the sleepers. While the COMMIT waits for the
 * disk, those who arrive queue up and will be the next group; so the slower the disk, the larger
 * the groups, and a lone writer waits for nobody. GROUP_MAX bounds how long the first of a group
 * can be kept waiting by a stream of others.
 *
 *	begin     commit, sleep ...........................  all return
 *	          begin      commit, sleep ................  |
 *	                     begin      commit, lead: COMMIT
 *
 * A thread of the store, the flusher, leads where no committer does: when the last to write rolled
 * back, and, a moment later, for what was committed lazily.
 *
 * When a COMMIT fails, every member gets the error and nothing of the group is there. An error may
 * lie: the commit might have happened all the same (threat FT-05). We look whether the group's last
 * audit entry is in the database and believe that. What a failed sync left of the group in the log
 * file is overwritten by the next commit; should the machine die before, recovery may bring such a
 * group back whole: its certificates are then recorded although nobody received them, which is the
 * harmless side.
 *
 * A failing write can make the database end the transaction, and the group with it, at any moment
 * (disk full). Then the group ends failed; the driver refuses writes from there on. */
#include "store/store_private.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#define GROUP_MAX 256
#define LAZY_MS 200

/* -- the group -- */

static struct group *group_new(void)
{
	struct group *group = calloc(1, sizeof *group);

	if (!group)
		return NULL;
	atomic_init(&group->references, 1);
	pthread_mutex_init(&group->lock, NULL);
	pthread_cond_init(&group->end, NULL);
	return group;
}

static void group_unref(struct group *group)
{
	if (atomic_fetch_sub(&group->references, 1) != 1)
		return;
	pthread_cond_destroy(&group->end);
	pthread_mutex_destroy(&group->lock);
	free(group);
}

/* `failure` is NULL when it is durable. */
static void group_end(struct group *group, const struct error *failure)
{
	pthread_mutex_lock(&group->lock);
	group->ended = true;
	if (failure) {
		group->failed = true;
		group->failure = *failure;
	}
	pthread_cond_broadcast(&group->end);
	pthread_mutex_unlock(&group->lock);
	group_unref(group);
}

static bool group_await(struct group *group, struct error *err)
{
	pthread_mutex_lock(&group->lock);
	while (!group->ended)
		pthread_cond_wait(&group->end, &group->lock);
	bool failed = group->failed;
	if (failed && err)
		*err = group->failure;
	pthread_mutex_unlock(&group->lock);
	group_unref(group);
	return !failed;
}

/* -- who has the connection -- */

static bool group_is_full(const struct writer *writer)
{
	return writer->group && writer->group->members >= GROUP_MAX;
}

/* The open group holds transactions, and nobody will add to it now. Under the lock. */
static bool group_is_complete(const struct writer *writer)
{
	return writer->group && (writer->waiting == 0 || group_is_full(writer));
}

static void take_connection(struct writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->waiting++;
	/* a full group with sleepers is committed first */
	while (writer->busy || (group_is_full(writer) && writer->group->sleepers))
		pthread_cond_wait(&writer->freed, &writer->lock);
	writer->waiting--;
	writer->busy = true;
	pthread_mutex_unlock(&writer->lock);
}

/* Ends with the lock released; whoever is woken finds it free. */
static void give_connection_locked(struct writer *writer)
{
	writer->busy = false;
	bool someone_begins = writer->waiting > 0;
	writer->leader_wanted = group_is_complete(writer) && writer->group->sleepers;
	bool leader_wanted = writer->leader_wanted;
	pthread_mutex_unlock(&writer->lock);
	if (leader_wanted)
		pthread_cond_signal(&writer->wanted);
	if (someone_begins)
		pthread_cond_signal(&writer->freed);
}

static void give_connection(struct writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	give_connection_locked(writer);
}

/* From here on the group is that of the one who ends it. Under the lock, or busy. */
static struct group *detach_group(struct writer *writer)
{
	writer->lazy = false;
	writer->leader_wanted = false;
	return TAKE(writer->group);
}

/* -- committing the group -- */

static bool commit_happened(struct writer *writer, const struct audit_head *start,
			    const struct audit_head *written)
{
	struct audit_head found = { 0 };

	return start->known && written->known && written->id > start->id &&
	       audit_head_read(writer->db, &found, NULL) && found.id == written->id &&
	       memcmp(found.hash, written->hash, HASH_LEN) == 0;
}

static bool commit_group(struct writer *writer, const struct group *group, struct error *err)
{
	const struct audit_head written = writer->audit_head;

	if (db_commit(writer->db, err))
		return true;
	db_rollback(writer->db);
	writer->audit_head.known = false;
	return commit_happened(writer, &group->audit_start, &written);
}

static void measure(struct writer *writer, const struct group *group, uint64_t began)
{
	meter_add(writer->meters.durations, METER_DURATION, monotonic_us() - began);
	meter_add(writer->meters.sizes, METER_SIZE, group->members);
}

static void note_failure(struct writer *writer)
{
	if (writer->meters.failures)
		counter_add(writer->meters.failures, 1);
	pthread_mutex_lock(&writer->lock);
	writer->failures++;
	pthread_mutex_unlock(&writer->lock);
}

/* Called busy and with the lock, which is released. */
static bool lead(struct writer *writer, struct error *err)
{
	struct group *group = detach_group(writer);
	struct error failure = { 0 };
	uint64_t began = monotonic_us();

	pthread_mutex_unlock(&writer->lock);
	bool committed = commit_group(writer, group, &failure);
	measure(writer, group, began);
	/* also after a failure, which may lie; before anyone hears of the end */
	writer_tell_changes(writer);
	if (!committed)
		note_failure(writer);
	give_connection(writer);
	group_end(group, committed ? NULL : &failure);
	if (!committed && err)
		*err = failure;
	return committed;
}

/* -- beginning -- */

/* Ends the group without a commit: because it failed, or because it holds nothing. */
static void drop_group(struct writer *writer, const struct error *failure)
{
	db_rollback(writer->db);
	pthread_mutex_lock(&writer->lock);
	struct group *group = detach_group(writer);
	pthread_mutex_unlock(&writer->lock);
	group_end(group, failure);
}

static void fail_group(struct writer *writer, const struct error *failure)
{
	writer->audit_head.known = false;
	note_failure(writer);
	drop_group(writer, failure);
}

static bool open_group(struct writer *writer, struct error *err)
{
	struct group *group = group_new();

	if (!group)
		return error_set(err, REASON_NO_MEMORY, "transaction");
	if (!db_begin_write(writer->db, err)) {
		group_unref(group);
		return false;
	}
	group->audit_start = writer->audit_head;
	pthread_mutex_lock(&writer->lock);
	writer->group = group;
	pthread_mutex_unlock(&writer->lock);
	return true;
}

static bool open_savepoint(struct writer *writer, struct error *err)
{
	struct error failure = { 0 };

	if (db_savepoint(writer->db, &failure))
		return true;
	if (!db_in_transaction(writer->db) || writer->group->members == 0)
		fail_group(writer, &failure);
	if (err)
		*err = failure;
	return false;
}

bool store_begin(struct store *store, struct store_tx **ret, struct error *err)
{
	struct writer *writer = &store->writer;

	take_connection(writer);
	if ((!writer->group && !open_group(writer, err)) || !open_savepoint(writer, err)) {
		give_connection(writer);
		return false;
	}
	writer->tx.audit_before = writer->audit_head;
	*ret = &writer->tx;
	return true;
}

/* -- ending -- */

static const char group_lost[] = "the database ended the transaction";

void store_rollback(struct store_tx *tx)
{
	if (!tx)
		return;

	struct writer *writer = &tx->store->writer;
	struct error failure = { 0 };
	bool undone =
		db_in_transaction(writer->db)
			? db_savepoint_undo(writer->db, &failure)
			: error_set_retry(&failure, REASON_STORE_UNAVAILABLE, 1, "%s", group_lost);

	writer->audit_head = tx->audit_before;
	if (!undone)
		fail_group(writer, &failure);
	else if (writer->group->members == 0)
		drop_group(writer, NULL);
	give_connection(writer);
}

/* The transaction becomes a member of the group, which alone decides from here on. */
static bool join_group(struct store_tx *tx, struct error *err)
{
	struct writer *writer = &tx->store->writer;

	if (!db_in_transaction(writer->db))
		(void)!error_set_retry(err, REASON_STORE_UNAVAILABLE, 1, "%s", group_lost);
	else if (db_savepoint_keep(writer->db, err))
		return true;
	store_rollback(tx);
	return false;
}

bool store_commit(struct store_tx *tx, struct error *err)
{
	struct writer *writer = &tx->store->writer;

	if (!join_group(tx, err))
		return false;
	pthread_mutex_lock(&writer->lock);
	struct group *group = writer->group;
	group->members++;
	if (group_is_complete(writer))
		return lead(writer, err);
	group->sleepers++;
	atomic_fetch_add(&group->references, 1);
	give_connection_locked(writer);
	return group_await(group, err);
}

bool store_commit_lazily(struct store_tx *tx, struct error *err)
{
	struct writer *writer = &tx->store->writer;

	if (!join_group(tx, err))
		return false;
	pthread_mutex_lock(&writer->lock);
	writer->group->members++;
	/* it is woken once for many groups: most of them end before it would look */
	bool flusher_sleeps = !writer->lazy && !writer->lingers;
	writer->lazy = true;
	give_connection_locked(writer);
	if (flusher_sleeps)
		pthread_cond_signal(&writer->wanted);
	return true;
}

uint64_t store_mark(struct store *store)
{
	pthread_mutex_lock(&store->writer.lock);
	uint64_t mark = store->writer.failures;
	pthread_mutex_unlock(&store->writer.lock);
	return mark;
}

/* An empty transaction joins the open group and waits for its end; groups before that one have
 * ended. */
bool store_settle(struct store *store, uint64_t mark, struct error *err)
{
	struct store_tx *tx = NULL;

	if (!store_begin(store, &tx, err) || !store_commit(tx, err))
		return false;
	if (store_mark(store) != mark)
		return error_set_retry(err, REASON_STORE_UNAVAILABLE, 1,
				       "a commit failed meanwhile");
	return true;
}

/* -- the flusher -- */

static struct timespec lazy_deadline(void)
{
	struct timespec deadline;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_nsec += LAZY_MS * 1000000L;
	deadline.tv_sec += deadline.tv_nsec / 1000000000L;
	deadline.tv_nsec %= 1000000000L;
	return deadline;
}

/* Time for a committer to come by and take the lazy ones along. */
static void linger(struct writer *writer)
{
	const struct timespec deadline = lazy_deadline();

	writer->lingers = true;
	while (!writer->stopping && writer->lazy && !writer->leader_wanted &&
	       pthread_cond_timedwait(&writer->wanted, &writer->lock, &deadline) != ETIMEDOUT)
		;
	writer->lingers = false;
}

/* Once the flusher counts as a sleeper, whoever is busy now will lead or want a leader. */
static void flush_lazy(struct writer *writer)
{
	linger(writer);
	if (!writer->lazy || writer->leader_wanted)
		return;
	writer->group->sleepers++;
	if (!writer->busy && group_is_complete(writer))
		writer->leader_wanted = true;
	else
		pthread_cond_wait(&writer->wanted, &writer->lock);
}

static void lead_as_wanted(struct writer *writer)
{
	writer->leader_wanted = false;
	/* someone writes again: it is for them to see to the group's end */
	if (writer->busy || !group_is_complete(writer))
		return;
	writer->busy = true;
	(void)!lead(writer, NULL);
	pthread_mutex_lock(&writer->lock);
}

static void *flush(void *argument)
{
	struct writer *writer = argument;

	pthread_mutex_lock(&writer->lock);
	for (;;) {
		if (writer->leader_wanted)
			lead_as_wanted(writer);
		else if (writer->lazy)
			flush_lazy(writer);
		else if (writer->stopping)
			break;
		else
			pthread_cond_wait(&writer->wanted, &writer->lock);
	}
	pthread_mutex_unlock(&writer->lock);
	return NULL;
}

/* Signals are for the process's own threads. */
static bool start_flusher(struct writer *writer, struct error *err)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failure = pthread_create(&writer->flusher, NULL, flush, writer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failure)
		return error_set(err, REASON_BUSY, "thread: %s", strerror(failure));
	writer->has_flusher = true;
	return true;
}

bool writer_start(struct writer *writer, struct error *err)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->freed, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&writer->wanted, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return start_flusher(writer, err);
}

void writer_stop(struct writer *writer)
{
	if (!writer->has_flusher)
		return;
	pthread_mutex_lock(&writer->lock);
	writer->stopping = true;
	pthread_cond_signal(&writer->wanted);
	pthread_mutex_unlock(&writer->lock);
	pthread_join(writer->flusher, NULL);
	pthread_cond_destroy(&writer->wanted);
	pthread_cond_destroy(&writer->freed);
	pthread_mutex_destroy(&writer->lock);
}
