#include "store/fixture.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "store/store_audit.h"

/* -- the disk, as it may fail: these stand before the C library's and SQLite's own -- */

int fdatasync(int fd);
int fsync(int fd);
int sqlite3_step(void *statement);
const char *sqlite3_sql(void *statement);

static atomic_int syncs, syncs_to_fail, commits_to_deny;

static int sync_or_fail(const char *name, int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);

	if (atomic_load(&syncs_to_fail) > 0) {
		atomic_fetch_sub(&syncs_to_fail, 1);
		errno = EIO;
		return -1;
	}
	atomic_fetch_add(&syncs, 1);
	return real(fd);
}

int fdatasync(int fd)
{
	return sync_or_fail("fdatasync", fd);
}

int fsync(int fd)
{
	return sync_or_fail("fsync", fd);
}

/* The commit happens, and the answer gets lost. */
int sqlite3_step(void *statement)
{
	static const int io_error = 10;
	int (*real)(void *) = (int (*)(void *))dlsym(RTLD_NEXT, "sqlite3_step");
	int result = real(statement);

	if (atomic_load(&commits_to_deny) > 0 && strcmp(sqlite3_sql(statement), "COMMIT") == 0) {
		atomic_fetch_sub(&commits_to_deny, 1);
		return io_error;
	}
	return result;
}

/* -- one at a time -- */

static bool has_account(struct fixture *f, const char *name)
{
	CLEANUP(catalog_unrefp) struct catalog *catalog = NULL;

	OK(store_catalog_load(f->store, &catalog, &f->err));
	return catalog_account_by_name(catalog, name) != NULL;
}

static bool add_account(struct store *store, const char *name, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	const struct audit_entry entry = { .actor = "test",
					   .action = "account.set",
					   .object = name };
	int64_t id = 0;

	if (!store_begin(store, &tx, err) || !store_account_insert(tx, name, "2.25.9", &id, err) ||
	    !store_audit_append(tx, &entry, err))
		return false;
	return store_commit(TAKE(tx), err);
}

static int64_t audit_count(struct fixture *f)
{
	char head[65];
	int64_t count = -1;

	OK(store_audit_verify(f->store, NULL, &count, head, &f->err));
	return count;
}

TEST(v6_what_leaves_scope_is_rolled_back)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	{
		CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
		const struct audit_entry entry = { .actor = "a", .action = "b", .object = "c" };
		int64_t id = 0;

		OK(store_begin(f->store, &tx, &f->err));
		OK(store_account_insert(tx, "gone", "2.25.9", &id, &f->err));
		OK(store_audit_append(tx, &entry, &f->err));
	}
	assert_false(has_account(f, "gone"));
	assert_int_equal(audit_count(f), 0);
	OK(add_account(f->store, "there", &f->err));
	assert_true(has_account(f, "there"));
	assert_int_equal(audit_count(f), 1);
	fixture_done(f);
}

TEST(a_rollback_leaves_the_rest_of_its_group)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct store_tx *tx = NULL;
	const struct audit_entry entry = { .actor = "a", .action = "b", .object = "c" };
	int64_t id = 0;

	OK(store_begin(f->store, &tx, &f->err));
	OK(store_account_insert(tx, "lazy", "2.25.8", &id, &f->err));
	OK(store_audit_append(tx, &entry, &f->err));
	OK(store_commit_lazily(tx, &f->err));
	OK(store_begin(f->store, &tx, &f->err));
	OK(store_account_insert(tx, "gone", "2.25.9", &id, &f->err));
	OK(store_audit_append(tx, &entry, &f->err));
	store_rollback(tx);
	OK(add_account(f->store, "there", &f->err));
	assert_true(has_account(f, "lazy"));
	assert_false(has_account(f, "gone"));
	assert_int_equal(audit_count(f), 2);
	fixture_done(f);
}

TEST(a_lazy_commit_is_committed_soon)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct store_tx *tx = NULL;
	int64_t id = 0;
	int before = atomic_load(&syncs);
	uint64_t end = monotonic_ms() + 5000;

	OK(store_begin(f->store, &tx, &f->err));
	OK(store_account_insert(tx, "lazy", "2.25.8", &id, &f->err));
	OK(store_commit_lazily(tx, &f->err));
	assert_false(has_account(f, "lazy"));
	while (!has_account(f, "lazy") && monotonic_ms() < end)
		usleep(10000);
	assert_true(has_account(f, "lazy"));
	assert_true(atomic_load(&syncs) > before);
	fixture_done(f);
}

static bool add_lazily(struct store *store, const char *name, struct error *err)
{
	struct store_tx *tx = NULL;
	int64_t id = 0;

	return store_begin(store, &tx, err) && store_account_insert(tx, name, "2.25.8", &id, err) &&
	       store_commit_lazily(tx, err);
}

TEST(v3_settling_makes_durable_what_was_ended_lazily)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	uint64_t mark = store_mark(f->store);

	OK(add_lazily(f->store, "lazy", &f->err));
	OK(store_settle(f->store, mark, &f->err));
	assert_true(has_account(f, "lazy"));
	fixture_done(f);
}

TEST(v3_settling_is_refused_when_another_thread_met_the_failure)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	uint64_t mark = store_mark(f->store);

	OK(add_lazily(f->store, "lazy", &f->err));
	/* as if another thread had led the group: it is told, and the group is gone */
	atomic_store(&syncs_to_fail, 1);
	REFUSED(add_account(f->store, "other", &f->err), REASON_STORE_UNAVAILABLE);
	atomic_store(&syncs_to_fail, 0);
	REFUSED(store_settle(f->store, mark, &f->err), REASON_STORE_UNAVAILABLE);
	assert_true(f->err.retry_after > 0);
	assert_false(has_account(f, "lazy"));
	OK(store_settle(f->store, store_mark(f->store), &f->err));
	fixture_done(f);
}

TEST(closing_commits_what_is_lazy)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct store_tx *tx = NULL;
	int64_t id = 0;

	OK(store_begin(f->store, &tx, &f->err));
	OK(store_account_insert(tx, "lazy", "2.25.8", &id, &f->err));
	OK(store_commit_lazily(tx, &f->err));
	fixture_reopen(f);
	assert_true(has_account(f, "lazy"));
	fixture_done(f);
}

TEST(ft_05_a_failed_sync_refuses_and_leaves_nothing)
{
	struct fixture fixture = fixture_new(), *f = &fixture;

	atomic_store(&syncs_to_fail, 1);
	REFUSED(add_account(f->store, "lost", &f->err), REASON_STORE_UNAVAILABLE);
	assert_true(f->err.retry_after > 0);
	atomic_store(&syncs_to_fail, 0);
	assert_false(has_account(f, "lost"));
	assert_int_equal(audit_count(f), 0);
	OK(add_account(f->store, "lost", &f->err));
	fixture_reopen(f);
	assert_true(has_account(f, "lost"));
	assert_int_equal(audit_count(f), 1);
	fixture_done(f);
}

TEST(ft_05_a_commit_that_only_seemed_to_fail_is_recognised)
{
	struct fixture fixture = fixture_new(), *f = &fixture;

	OK(add_account(f->store, "first", &f->err));
	atomic_store(&commits_to_deny, 1);
	OK(add_account(f->store, "there", &f->err));
	assert_true(has_account(f, "there"));
	assert_int_equal(audit_count(f), 2);
	OK(add_account(f->store, "next", &f->err));
	assert_int_equal(audit_count(f), 3);
	fixture_done(f);
}

TEST(commits_are_measured_and_failures_are_counted)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct meter durations = { 0 }, sizes = { 0 };
	struct counter failures = { 0 };

	store_measure(f->store, &(struct store_meters){ &durations, &sizes, &failures });
	OK(add_account(f->store, "first", &f->err));
	assert_int_equal(counter_read(&sizes.sum), 1);
	assert_true(counter_read(&durations.sum) > 0);
	assert_int_equal(counter_read(&failures), 0);
	atomic_store(&syncs_to_fail, 1);
	REFUSED(add_account(f->store, "lost", &f->err), REASON_STORE_UNAVAILABLE);
	atomic_store(&syncs_to_fail, 0);
	assert_int_equal(counter_read(&failures), 1);
	fixture_done(f);
}

/* -- many at once -- */

#define THREADS 8
#define TURNS 60

struct worker {
	struct fixture *fixture;
	pthread_t thread;
	uint32_t number;
	int committed, failed;
};

/* Serials of the worker's own; each third transaction rolls back, each fifth is lazy. */
static bool write_record(struct worker *worker, uint32_t turn, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	struct certificate record = record_new(worker->fixture, worker->number << 16 | turn);
	const struct audit_entry entry = { .actor = "test", .action = "issue", .object = "one" };
	int64_t id = 0;

	if (!store_begin(worker->fixture->store, &tx, err) ||
	    !store_certificate_insert_intent(tx, &record, &id, err) ||
	    !store_certificate_complete(tx, id, BYTES_LITERAL("signed"), err) ||
	    !store_audit_append(tx, &entry, err))
		return false;
	if (turn % 3 == 0)
		return error_set(err, REASON_INVALID, "on purpose");
	return turn % 5 ? store_commit(TAKE(tx), err) : store_commit_lazily(TAKE(tx), err);
}

static void *work(void *argument)
{
	struct worker *worker = argument;

	for (uint32_t turn = 0; turn < TURNS; turn++) {
		struct error err = { 0 };

		if (write_record(worker, turn, &err))
			worker->committed++;
		else if (err.reason != REASON_INVALID)
			worker->failed++;
	}
	return NULL;
}

static void run_workers(struct fixture *f, struct worker workers[THREADS])
{
	for (uint32_t i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .fixture = f, .number = i };
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (uint32_t i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
}

static bool is_there(struct fixture *f, uint32_t number)
{
	struct certificate record = record_new(f, number), found = { 0 };
	bool there = store_certificate_find_by_serial(
		f->store, 1, (struct bytes){ record.serial, record.serial_len }, &found, &f->err);

	certificate_done(&found);
	return there;
}

TEST(v3_threads_share_commits_and_lose_nothing)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct worker workers[THREADS];
	int committed = 0, before = atomic_load(&syncs);

	run_workers(f, workers);
	fixture_reopen(f);
	for (uint32_t i = 0; i < THREADS; i++) {
		assert_int_equal(workers[i].failed, 0);
		committed += workers[i].committed;
		for (uint32_t turn = 0; turn < TURNS; turn++)
			assert_int_equal(is_there(f, i << 16 | turn), turn % 3 != 0);
	}
	assert_int_equal(committed, THREADS * TURNS * 2 / 3);
	assert_int_equal(audit_count(f), committed);
	print_message("%d transactions, %d syncs\n", committed, atomic_load(&syncs) - before);
	assert_true(atomic_load(&syncs) - before < committed);
	fixture_done(f);
}

TEST(ft_05_every_member_of_a_failed_group_is_told)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct worker workers[THREADS];
	int committed = 0, failed = 0;

	atomic_store(&syncs_to_fail, 5);
	run_workers(f, workers);
	atomic_store(&syncs_to_fail, 0);
	fixture_reopen(f);
	for (uint32_t i = 0; i < THREADS; i++) {
		committed += workers[i].committed;
		failed += workers[i].failed;
	}
	assert_true(failed > 0);
	/* whoever committed lazily was not told */
	int64_t there = audit_count(f);
	assert_true(there <= committed);
	assert_true(there >= committed - THREADS * TURNS / 5);
	int found = 0;
	for (uint32_t i = 0; i < THREADS; i++)
		for (uint32_t turn = 0; turn < TURNS; turn++)
			found += is_there(f, i << 16 | turn);
	assert_int_equal(found, there);
	fixture_done(f);
}

static void *read_on(void *argument)
{
	struct worker *worker = argument;

	while (!atomic_load((atomic_int *)&worker->number)) {
		struct error err = { 0 };
		int64_t count = 0;
		char head[65];

		worker->failed +=
			!store_audit_verify(worker->fixture->store, NULL, &count, head, &err);
		worker->committed++;
	}
	return NULL;
}

TEST(readers_see_whole_groups_while_others_write)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct worker workers[THREADS], reader = { .fixture = f };

	assert_int_equal(pthread_create(&reader.thread, NULL, read_on, &reader), 0);
	run_workers(f, workers);
	atomic_store((atomic_int *)&reader.number, 1);
	pthread_join(reader.thread, NULL);
	assert_int_equal(reader.failed, 0);
	assert_true(reader.committed > 0);
	fixture_done(f);
}

TEST_MAIN(RUN(v6_what_leaves_scope_is_rolled_back), RUN(a_rollback_leaves_the_rest_of_its_group),
	  RUN(a_lazy_commit_is_committed_soon),
	  RUN(v3_settling_makes_durable_what_was_ended_lazily),
	  RUN(v3_settling_is_refused_when_another_thread_met_the_failure),
	  RUN(closing_commits_what_is_lazy), RUN(ft_05_a_failed_sync_refuses_and_leaves_nothing),
	  RUN(ft_05_a_commit_that_only_seemed_to_fail_is_recognised),
	  RUN(commits_are_measured_and_failures_are_counted),
	  RUN(v3_threads_share_commits_and_lose_nothing),
	  RUN(ft_05_every_member_of_a_failed_group_is_told),
	  RUN(readers_see_whole_groups_while_others_write))
