/* Transactions, many of which share one commit.
 *
 * There is one writer connection. A transaction is a savepoint on it, so each can roll back alone,
 * inside one database transaction that we call the group. Whoever begins gets the connection to
 * itself (`busy`); when the transaction ends, the next may begin, in the same group. A committer
 * sleeps until its group has ended. The group is ended by a COMMIT, hence one fsync, of the last
 * committer: the one that finds nobody else about to write. While its COMMIT waits for the disk,
 * those who arrive queue up and will be the next group; so the slower the disk, the larger the
 * groups, and a lone writer waits for nobody. GROUP_MAX bounds how long the first of a group can be
 * kept waiting by a stream of others.
 *
 *	begin     commit, sleep ...........................  group ended: all return
 *	          begin      commit, sleep ................  |
 *	                     begin      commit: last, leads: COMMIT
 *
 * Lazily committed transactions have nobody who sleeps for them; a flusher thread becomes such a
 * sleeper a moment later.
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

#define GROUP_MAX 64
#define LAZY_MS 200

/* -- the group; writer->lock is held in this part -- */

static bool group_is_full(const struct writer *writer)
{
	return writer->group && writer->group->members >= GROUP_MAX;
}

static void end_group(struct writer *writer, struct group *group, const struct error *failure)
{
	group->ended = true;
	if (failure) {
		group->failed = true;
		group->failure = *failure;
	}
	if (group->awaiting)
		pthread_cond_broadcast(&writer->ended);
	else
		free(group);
}

/* The open group is no longer that of the writer, who will not add to it. */
static struct group *detach_group(struct writer *writer)
{
	writer->lazy = false;
	return TAKE(writer->group);
}

/* The connection is given up: to those who begin, or to a sleeper who can now end the group. */
static void free_connection(struct writer *writer)
{
	writer->busy = false;
	if (writer->waiting)
		pthread_cond_signal(&writer->freed);
	if (writer->group && writer->group->awaiting &&
	    (writer->waiting == 0 || group_is_full(writer)))
		pthread_cond_signal(&writer->ended);
}

static bool commit_happened(struct writer *writer, const struct audit_head *start,
			    const struct audit_head *written)
{
	struct audit_head found = { 0 };

	return start->known && written->known && written->id > start->id &&
	       audit_head_read(writer->db, &found, NULL) && found.id == written->id &&
	       memcmp(found.hash, written->hash, HASH_LEN) == 0;
}

/* Without the lock, but busy. */
static bool commit_group(struct writer *writer, const struct group *group, struct error *err)
{
	const struct audit_head written = writer->audit_head;

	if (db_commit(writer->db, err))
		return true;
	db_rollback(writer->db);
	writer->audit_head.known = false;
	return commit_happened(writer, &group->audit_start, &written);
}

static void lead(struct writer *writer)
{
	struct group *group = detach_group(writer);
	struct error failure = { 0 };

	writer->busy = true;
	pthread_mutex_unlock(&writer->lock);
	bool committed = commit_group(writer, group, &failure);
	pthread_mutex_lock(&writer->lock);
	end_group(writer, group, committed ? NULL : &failure);
	free_connection(writer);
}

/* A group that has not ended while the connection is free is the open one: it can be led. */
static bool await_end(struct writer *writer, struct group *group, struct error *err)
{
	group->awaiting++;
	while (!group->ended) {
		if (!writer->busy && (writer->waiting == 0 || group_is_full(writer)))
			lead(writer);
		else
			pthread_cond_wait(&writer->ended, &writer->lock);
	}

	bool failed = group->failed;
	if (failed && err)
		*err = group->failure;
	if (--group->awaiting == 0)
		free(group);
	return !failed;
}

/* -- beginning -- */

static void take_connection(struct writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	writer->waiting++;
	/* a full group that has sleepers is committed first */
	while (writer->busy || (group_is_full(writer) && writer->group->awaiting))
		pthread_cond_wait(&writer->freed, &writer->lock);
	writer->waiting--;
	writer->busy = true;
	pthread_mutex_unlock(&writer->lock);
}

static void give_connection(struct writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	free_connection(writer);
	pthread_mutex_unlock(&writer->lock);
}

/* Ends the group without a commit: because it failed, or because it holds nothing. */
static void drop_group(struct writer *writer, const struct error *failure)
{
	db_rollback(writer->db);
	pthread_mutex_lock(&writer->lock);
	end_group(writer, detach_group(writer), failure);
	pthread_mutex_unlock(&writer->lock);
}

static void fail_group(struct writer *writer, const struct error *failure)
{
	writer->audit_head.known = false;
	drop_group(writer, failure);
}

static bool open_group(struct writer *writer, struct error *err)
{
	struct group *group = calloc(1, sizeof *group);

	if (!group)
		return error_set(err, REASON_NO_MEMORY, "transaction");
	if (!db_begin_write(writer->db, err)) {
		free(group);
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
	writer->group->members++;
	writer->busy = false;
	if (writer->waiting)
		pthread_cond_signal(&writer->freed);
	bool durable = await_end(writer, writer->group, err);
	pthread_mutex_unlock(&writer->lock);
	return durable;
}

bool store_commit_lazily(struct store_tx *tx, struct error *err)
{
	struct writer *writer = &tx->store->writer;

	if (!join_group(tx, err))
		return false;
	pthread_mutex_lock(&writer->lock);
	writer->group->members++;
	if (!writer->lazy)
		pthread_cond_signal(&writer->lazily);
	writer->lazy = true;
	free_connection(writer);
	pthread_mutex_unlock(&writer->lock);
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

	while (!writer->stopping && writer->lazy &&
	       pthread_cond_timedwait(&writer->lazily, &writer->lock, &deadline) != ETIMEDOUT)
		;
}

static void *flush(void *argument)
{
	struct writer *writer = argument;

	pthread_mutex_lock(&writer->lock);
	while (!writer->stopping || writer->lazy) {
		if (!writer->lazy) {
			pthread_cond_wait(&writer->lazily, &writer->lock);
			continue;
		}
		linger(writer);
		/* nobody waits to be told */
		if (writer->lazy)
			(void)!await_end(writer, writer->group, NULL);
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
	pthread_cond_init(&writer->ended, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&writer->lazily, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return start_flusher(writer, err);
}

void writer_stop(struct writer *writer)
{
	if (!writer->has_flusher)
		return;
	pthread_mutex_lock(&writer->lock);
	writer->stopping = true;
	pthread_cond_signal(&writer->lazily);
	pthread_mutex_unlock(&writer->lock);
	pthread_join(writer->flusher, NULL);
	pthread_cond_destroy(&writer->lazily);
	pthread_cond_destroy(&writer->ended);
	pthread_cond_destroy(&writer->freed);
	pthread_mutex_destroy(&writer->lock);
}
