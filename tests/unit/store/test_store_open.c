#include "store/fixture.h"

#include <sys/resource.h>
#include <signal.h>

#include "base/clock.h"
#include "store/store_restore.h"
#include "store/store_schema.h"

TEST(ft_09_a_second_store_on_the_file_is_refused)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct store *second = NULL;

	REFUSED(store_open(f->scratch.path, &second, &f->err), REASON_CONFLICT);
	assert_non_null(strstr(f->err.detail, "in use by process"));
	fixture_done(f);
}

TEST(ft_10_a_newer_schema_is_refused_and_left_alone)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	char known[32];

	snprintf(known, sizeof known, "up to %zu", store_schema.count);
	fixture_tamper(f, "INSERT INTO schema_version (version, name) VALUES (9999, 'later')");
	REFUSED(store_open(f->scratch.path, &f->store, &f->err), REASON_SCHEMA_NEWER);
	assert_non_null(strstr(f->err.detail, "has schema 9999"));
	assert_non_null(strstr(f->err.detail, known));
	assert_non_null(strstr(f->err.detail, "restore the backup"));
	fixture_tamper(f, "DELETE FROM schema_version WHERE version = 9999");
	OK(store_open(f->scratch.path, &f->store, &f->err));
	fixture_done(f);
}

static void limit_file_size(rlim_t limit)
{
	struct rlimit now;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &now), 0);
	now.rlim_cur = limit;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
}

TEST(ft_10_a_migration_that_was_stopped_half_way_is_made_anew)
{
	struct scratch scratch = scratch_new();
	struct fixture fixture = { .scratch = scratch }, *f = &fixture;
	bool opened = false;
	int failures = 0;

	signal(SIGXFSZ, SIG_IGN);
	/* the disk ends a little later each time */
	for (rlim_t limit = 4096; !opened; limit += 8192) {
		limit_file_size(limit);
		opened = store_open(f->scratch.path, &f->store, &f->err);
		limit_file_size(RLIM_INFINITY);
		failures += !opened;
	}
	assert_true(failures > 2);
	store_close(TAKE(f->store));
	OK(store_open(f->scratch.path, &f->store, &f->err));
	IN_TX(store_account_insert(tx, "acme", "2.25.1", &f->account_id, &f->err));
	fixture_done(f);
}

TEST(ft_06_a_disk_that_fills_up_refuses_and_recovers)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	static char text[50000];
	int64_t id = 0;
	bool inserted = true;

	memset(text, 'x', sizeof text - 1);
	signal(SIGXFSZ, SIG_IGN);
	limit_file_size(300000);
	for (int i = 0; i < 10 && inserted; i++) {
		CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
		char name[16];

		snprintf(name, sizeof name, "account-%d", i);
		OK(store_begin(f->store, &tx, &f->err));
		inserted = store_account_insert(tx, name, text, &id, &f->err) &&
			   store_commit(TAKE(tx), &f->err);
	}
	limit_file_size(RLIM_INFINITY);
	assert_false(inserted);
	assert_int_equal(f->err.reason, REASON_STORE_UNAVAILABLE);
	assert_true(f->err.retry_after > 0);
	IN_TX(store_account_insert(tx, "after", text, &id, &f->err));
	fixture_reopen(f);
	fixture_done(f);
}

TEST(a_backup_of_a_running_store_is_a_store)
{
	struct fixture fixture = fixture_new(), *f = &fixture;
	struct certificate record = record_new(f, 7), found = { 0 };
	int64_t id = record_issue(f, &record);
	char copy[SCRATCH_PATH_MAX];
	struct store *restored = NULL;

	scratch_beside(&f->scratch, ".copy", copy);
	OK(store_backup(f->store, copy, &f->err));
	assert_int_equal(scratch_mode(copy), 0600);
	REFUSED(store_backup(f->store, copy, &f->err), REASON_CONFLICT);
	OK(store_open_restored(copy, &restored, &f->err));
	OK(store_certificate_find(restored, id, &found, &f->err));
	certificate_done(&found);
	store_close(restored);
	fixture_done(f);
}

TEST(files_are_their_owners_alone)
{
	mode_t before = umask(0);
	struct fixture fixture = fixture_new(), *f = &fixture;
	static const char *const suffixes[] = { "", "-wal", "-shm", ".lock" };
	char path[SCRATCH_PATH_MAX];

	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
		assert_int_equal(scratch_mode(scratch_beside(&f->scratch, suffixes[i], path)),
				 0600);
	umask(before);
	fixture_done(f);
}

TEST_MAIN(RUN(ft_09_a_second_store_on_the_file_is_refused),
	  RUN(ft_10_a_newer_schema_is_refused_and_left_alone),
	  RUN(ft_10_a_migration_that_was_stopped_half_way_is_made_anew),
	  RUN(ft_06_a_disk_that_fills_up_refuses_and_recovers),
	  RUN(a_backup_of_a_running_store_is_a_store), RUN(files_are_their_owners_alone))
