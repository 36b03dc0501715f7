#include "db/scratch.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "db/db.h"

#define OURS 0x42535457

static bool open_writer(const struct scratch *scratch, struct db **ret, struct error *err)
{
	const struct db_options options = { .path = scratch->path,
					    .application_id = OURS,
					    .access = DB_WRITER };

	return db_open(&options, ret, err);
}

static struct db *new_table(const struct scratch *scratch)
{
	struct error err = { 0 };
	struct db *db = NULL;

	EXPECT_OK(open_writer(scratch, &db, &err), err);
	EXPECT_OK(db_script(db,
			    "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT UNIQUE, "
			    "load BLOB)",
			    &err),
		  err);
	return db;
}

static bool insert_in_transaction(struct db *db, const char *name, struct bytes load,
				  int64_t *ret_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(db, "INSERT INTO thing (name, load) VALUES ($1, $2)", &insertion, err))
		return false;
	db_bind_text(insertion, 1, name);
	db_bind_bytes(insertion, 2, load);
	return db_insert(insertion, ret_id, err);
}

static bool insert(struct db *db, const char *name, struct bytes load, int64_t *ret_id,
		   struct error *err)
{
	if (db_in_transaction(db))
		return insert_in_transaction(db, name, load, ret_id, err);
	if (!db_begin_write(db, err))
		return false;
	if (!insert_in_transaction(db, name, load, ret_id, err) || !db_commit(db, err)) {
		db_rollback(db);
		return false;
	}
	return true;
}

static int64_t count(struct db *db)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	struct error err = { 0 };

	EXPECT_OK(db_prepare(db, "SELECT count(*) FROM thing", &query, &err), err);
	EXPECT_OK(db_step_row(query, &err), err);
	return db_int64(query, 0);
}

TEST(a_missing_folder_is_refused)
{
	struct scratch scratch = { .path = "/nonexistent/bestow.db" };
	struct error err = { 0 };
	struct db *db = NULL;

	EXPECT_REFUSED(open_writer(&scratch, &db, &err), err, REASON_FILE);
	assert_null(db);
}

TEST(ft_08_a_file_that_is_no_database_is_refused)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	struct db *db = NULL;
	int fd = open(scratch.path, O_CREAT | O_WRONLY, 0600);
	char text[8192];

	memset(text, 'x', sizeof text);
	assert_int_equal(write(fd, text, sizeof text), sizeof text);
	close(fd);
	EXPECT_REFUSED(open_writer(&scratch, &db, &err), err, REASON_STORE_CORRUPT);
	scratch_done(&scratch);
}

TEST(ft_08_another_programs_database_is_refused)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	struct db *db = NULL;
	const struct db_options theirs = { .path = scratch.path,
					   .application_id = 7,
					   .access = DB_WRITER };

	EXPECT_OK(db_open(&theirs, &db, &err), err);
	db_close(TAKE(db));
	EXPECT_REFUSED(open_writer(&scratch, &db, &err), err, REASON_STORE_CORRUPT);
	scratch_done(&scratch);
}

TEST(ft_08_a_zeroed_header_is_refused)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	struct db *db = new_table(&scratch);
	static const char zeros[100];

	db_close(TAKE(db));
	scratch_overwrite(scratch.path, 0, zeros, sizeof zeros);
	EXPECT_REFUSED(open_writer(&scratch, &db, &err), err, REASON_STORE_CORRUPT);
	scratch_done(&scratch);
}

TEST(ft_08_a_flipped_page_is_seen_at_open)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	struct db *db = new_table(&scratch);
	int64_t id = 0;
	char garbage[64];

	for (int i = 0; i < 500; i++) {
		char name[16];
		snprintf(name, sizeof name, "name-%d", i);
		EXPECT_OK(insert(db, name, BYTES_LITERAL("a load of some length"), &id, &err), err);
	}
	db_close(TAKE(db));
	memset(garbage, 0x5a, sizeof garbage);
	scratch_overwrite(scratch.path, 4096 * 2, garbage, sizeof garbage);
	EXPECT_REFUSED(open_writer(&scratch, &db, &err), err, REASON_STORE_CORRUPT);
	scratch_done(&scratch);
}

TEST(ft_08_a_log_without_its_database_is_kept)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	struct db *db = NULL;
	char log[SCRATCH_PATH_MAX];
	int fd = open(scratch_beside(&scratch, "-wal", log), O_CREAT | O_WRONLY, 0600);

	assert_int_equal(write(fd, "frames", 6), 6);
	close(fd);
	EXPECT_REFUSED(open_writer(&scratch, &db, &err), err, REASON_STORE_CORRUPT);
	assert_int_equal(access(log, F_OK), 0);
	scratch_done(&scratch);
}

TEST(ft_09_a_second_opener_is_refused_by_every_name)
{
	struct scratch scratch = scratch_new();
	struct scratch link = scratch;
	struct error err = { 0 };
	struct db *db = new_table(&scratch), *second = NULL;

	EXPECT_REFUSED(open_writer(&scratch, &second, &err), err, REASON_CONFLICT);
	scratch_beside(&scratch, ".link", link.path);
	assert_int_equal(symlink(scratch.path, link.path), 0);
	EXPECT_REFUSED(open_writer(&link, &second, &err), err, REASON_CONFLICT);
	db_close(TAKE(db));
	EXPECT_OK(open_writer(&link, &db, &err), err);
	db_close(db);
	scratch_done(&scratch);
}

TEST(ft_09_a_second_hard_link_is_refused)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	struct db *db = new_table(&scratch);
	char other[SCRATCH_PATH_MAX];

	db_close(TAKE(db));
	assert_int_equal(link(scratch.path, scratch_beside(&scratch, ".link", other)), 0);
	EXPECT_REFUSED(open_writer(&scratch, &db, &err), err, REASON_FILE);
	scratch_done(&scratch);
}

TEST(files_are_their_owners_alone)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	mode_t before = umask(0);
	struct db *db = new_table(&scratch);
	char beside[SCRATCH_PATH_MAX];

	assert_int_equal(scratch_mode(scratch.path), 0600);
	assert_int_equal(scratch_mode(scratch_beside(&scratch, "-wal", beside)), 0600);
	assert_int_equal(scratch_mode(scratch_beside(&scratch, "-shm", beside)), 0600);
	assert_int_equal(scratch_mode(scratch_beside(&scratch, ".lock", beside)), 0600);
	db_close(TAKE(db));

	assert_int_equal(chmod(scratch.path, 0666), 0);
	EXPECT_OK(open_writer(&scratch, &db, &err), err);
	assert_int_equal(scratch_mode(scratch.path), 0600);
	db_close(db);
	umask(before);
	scratch_done(&scratch);
}

TEST(a_constraint_is_a_conflict_and_a_missing_row_not_found)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	struct db *db = new_table(&scratch);
	struct db_statement *query = NULL;
	int64_t id = 0;

	EXPECT_OK(insert(db, "one", BYTES_LITERAL("load"), &id, &err), err);
	EXPECT_REFUSED(insert(db, "one", BYTES_LITERAL("load"), &id, &err), err, REASON_CONFLICT);
	EXPECT_OK(db_prepare(db, "SELECT id FROM thing WHERE name = $1", &query, &err), err);
	db_bind_text(query, 1, "two");
	EXPECT_REFUSED(db_step_row(query, &err), err, REASON_NOT_FOUND);
	db_done(query);
	db_close(db);
	scratch_done(&scratch);
}

TEST(v6_a_write_outside_a_transaction_is_refused)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	struct db *db = new_table(&scratch);
	int64_t id = 0;

	EXPECT_REFUSED(insert_in_transaction(db, "one", BYTES_LITERAL("load"), &id, &err), err,
		       REASON_STORE_UNAVAILABLE);
	assert_int_equal(count(db), 0);
	db_close(db);
	scratch_done(&scratch);
}

TEST(parameters_out_of_order_are_refused)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	struct db *db = new_table(&scratch);
	struct db_statement *query = NULL;

	EXPECT_REFUSED(
		db_prepare(db, "SELECT id FROM thing WHERE id = $2 AND name = $1", &query, &err),
		err, REASON_INTERNAL);
	EXPECT_REFUSED(db_prepare(db, "SELECT id FROM thing WHERE id = ?", &query, &err), err,
		       REASON_INTERNAL);
	db_close(db);
	scratch_done(&scratch);
}

TEST(text_in_double_quotes_is_no_value)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	struct db *db = new_table(&scratch);
	struct db_statement *query = NULL;

	EXPECT_REFUSED(db_prepare(db, "SELECT id FROM thing WHERE name = \"one\"", &query, &err),
		       err, REASON_INTERNAL);
	db_close(db);
	scratch_done(&scratch);
}

TEST(a_reader_cannot_write_and_sees_only_what_is_committed)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	struct db *db = new_table(&scratch), *reader = NULL;
	const struct db_options options = { .path = scratch.path,
					    .application_id = OURS,
					    .access = DB_READER };
	int64_t id = 0;

	EXPECT_OK(db_open(&options, &reader, &err), err);
	EXPECT_REFUSED(insert(reader, "one", BYTES_LITERAL(""), &id, &err), err,
		       REASON_STORE_UNAVAILABLE);
	assert_int_equal(count(db), 0);
	EXPECT_OK(db_begin_write(db, &err), err);
	EXPECT_OK(insert(db, "one", BYTES_LITERAL(""), &id, &err), err);
	assert_int_equal(count(reader), 0);
	EXPECT_OK(db_commit(db, &err), err);
	assert_int_equal(count(reader), 1);
	db_close(reader);
	db_close(db);
	scratch_done(&scratch);
}

TEST(a_snapshot_does_not_move)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	struct db *db = new_table(&scratch), *reader = NULL;
	const struct db_options options = { .path = scratch.path,
					    .application_id = OURS,
					    .access = DB_READER };
	int64_t id = 0;

	EXPECT_OK(db_open(&options, &reader, &err), err);
	EXPECT_OK(db_begin_read(reader, &err), err);
	assert_int_equal(count(reader), 0);
	EXPECT_OK(insert(db, "one", BYTES_LITERAL(""), &id, &err), err);
	assert_int_equal(count(reader), 0);
	db_rollback(reader);
	assert_int_equal(count(reader), 1);
	db_close(reader);
	db_close(db);
	scratch_done(&scratch);
}

TEST(values_come_back_as_they_went_in)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	struct db *db = new_table(&scratch);
	CLEANUP(db_donep) struct db_statement *query = NULL;
	int64_t id = 0;
	char *name = NULL;
	unsigned char load[3];

	EXPECT_OK(insert(db, NULL, BYTES_LITERAL("\0b\0"), &id, &err), err);
	EXPECT_OK(insert(db, "", BYTES_LITERAL(""), &id, &err), err);
	EXPECT_OK(db_prepare(db, "SELECT name, load FROM thing ORDER BY id", &query, &err), err);
	EXPECT_OK(db_step_row(query, &err), err);
	assert_null(db_text(query, 0));
	EXPECT_OK(db_text_copy(query, 0, &name, &err), err);
	assert_null(name);
	EXPECT_REFUSED(db_bytes_exact(query, 1, load, 2, &err), err, REASON_STORE_CORRUPT);
	EXPECT_OK(db_bytes_exact(query, 1, load, sizeof load, &err), err);
	assert_memory_equal(load, "\0b\0", 3);
	EXPECT_OK(db_step_row(query, &err), err);
	EXPECT_OK(db_text_copy(query, 0, &name, &err), err);
	assert_string_equal(name, "");
	free(name);
	assert_int_equal(db_bytes(query, 1).len, 0);
	db_done(TAKE(query));
	db_close(db);
	scratch_done(&scratch);
}

TEST(a_statement_asked_for_while_it_is_read_is_another_one)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	struct db *db = new_table(&scratch);
	static const char sql[] = "SELECT id FROM thing ORDER BY id";
	struct db_statement *outer = NULL, *inner = NULL;
	int64_t id = 0;

	EXPECT_OK(insert(db, "one", BYTES_LITERAL(""), &id, &err), err);
	EXPECT_OK(insert(db, "two", BYTES_LITERAL(""), &id, &err), err);
	EXPECT_OK(db_prepare(db, sql, &outer, &err), err);
	EXPECT_OK(db_step_row(outer, &err), err);
	EXPECT_OK(db_prepare(db, sql, &inner, &err), err);
	assert_ptr_not_equal(outer, inner);
	EXPECT_OK(db_step_row(inner, &err), err);
	assert_int_equal(db_int64(inner, 0), 1);
	db_done(inner);
	EXPECT_OK(db_step_row(outer, &err), err);
	assert_int_equal(db_int64(outer, 0), 2);
	db_done(outer);
	db_close(db);
	scratch_done(&scratch);
}

TEST(a_savepoint_undoes_only_itself)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	struct db *db = new_table(&scratch);
	int64_t id = 0;

	EXPECT_OK(db_begin_write(db, &err), err);
	EXPECT_OK(db_savepoint(db, &err), err);
	EXPECT_OK(insert(db, "kept", BYTES_LITERAL(""), &id, &err), err);
	EXPECT_OK(db_savepoint_keep(db, &err), err);
	EXPECT_OK(db_savepoint(db, &err), err);
	EXPECT_OK(insert(db, "undone", BYTES_LITERAL(""), &id, &err), err);
	EXPECT_OK(db_savepoint_undo(db, &err), err);
	assert_true(db_in_transaction(db));
	EXPECT_OK(db_commit(db, &err), err);
	assert_int_equal(count(db), 1);
	db_close(db);
	scratch_done(&scratch);
}

/* A full disk, as the kernel would tell of it: no file of ours may grow further. */
static void set_file_size_limit(rlim_t limit)
{
	struct rlimit now;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &now), 0);
	now.rlim_cur = limit;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
}

TEST(ft_06_a_full_disk_is_told_and_passes_by_itself)
{
	struct scratch scratch = scratch_new();
	struct error err = { 0 };
	struct db *db = new_table(&scratch);
	char load[20000];
	int64_t id = 0;

	memset(load, 'x', sizeof load);
	signal(SIGXFSZ, SIG_IGN);
	set_file_size_limit(64 * 1024);
	bool inserted = true;
	for (int i = 0; i < 10 && inserted; i++)
		inserted = insert(db, NULL, (struct bytes){ (unsigned char *)load, sizeof load },
				  &id, &err);
	set_file_size_limit(RLIM_INFINITY);
	assert_false(inserted);
	assert_int_equal(err.reason, REASON_STORE_UNAVAILABLE);
	assert_true(err.retry_after > 0);
	EXPECT_OK(insert(db, "after", BYTES_LITERAL("load"), &id, &err), err);
	EXPECT_OK(db_check(db, &err), err);
	db_close(db);
	scratch_done(&scratch);
}

static bool note_copy(struct db *copy, struct error *err)
{
	int64_t id = 0;

	return insert(copy, "of the copy alone", BYTES_LITERAL(""), &id, err);
}

TEST(a_backup_is_whole_private_and_never_overwrites)
{
	struct scratch scratch = scratch_new(), copy = scratch;
	struct error err = { 0 };
	struct db *db = new_table(&scratch);
	int64_t id = 0;

	EXPECT_OK(insert(db, "one", BYTES_LITERAL("load"), &id, &err), err);
	/* what a killed attempt left */
	int left =
		open(scratch_beside(&scratch, ".copy.part", copy.path), O_CREAT | O_WRONLY, 0600);
	assert_int_equal(write(left, "half", 4), 4);
	close(left);
	scratch_beside(&scratch, ".copy", copy.path);
	EXPECT_OK(db_backup(db, copy.path, note_copy, &err), err);
	assert_int_equal(scratch_mode(copy.path), 0600);
	EXPECT_REFUSED(db_backup(db, copy.path, note_copy, &err), err, REASON_CONFLICT);
	assert_int_equal(count(db), 1);
	db_close(TAKE(db));

	EXPECT_OK(open_writer(&copy, &db, &err), err);
	assert_int_equal(count(db), 2);
	EXPECT_OK(db_check(db, &err), err);
	db_close(db);
	scratch_done(&scratch);
}

TEST(ft_11_a_copy_beside_the_log_of_another_is_refused)
{
	struct scratch scratch = scratch_new(), copy = scratch;
	struct error err = { 0 };
	struct db *db = new_table(&scratch), *second = NULL;
	char log[SCRATCH_PATH_MAX], kept[SCRATCH_PATH_MAX], path[SCRATCH_PATH_MAX];
	int64_t id = 0;

	scratch_beside(&scratch, ".copy", copy.path);
	EXPECT_OK(db_backup(db, copy.path, note_copy, &err), err);
	EXPECT_OK(insert(db, "later", BYTES_LITERAL("load"), &id, &err), err);
	/* as a node that was killed leaves it */
	scratch_beside(&scratch, "-wal", log);
	scratch_beside(&scratch, ".kept", kept);
	assert_int_equal(link(log, kept), 0);
	db_close(TAKE(db));
	assert_int_equal(rename(copy.path, scratch.path), 0);
	assert_int_equal(rename(kept, log), 0);
	EXPECT_REFUSED(open_writer(&scratch, &second, &err), err, REASON_CONFLICT);
	assert_non_null(strstr(err.detail, "remove it"));
	assert_int_equal(unlink(log), 0);
	(void)unlink(scratch_beside(&scratch, "-shm", path));
	EXPECT_OK(open_writer(&scratch, &second, &err), err);
	assert_int_equal(count(second), 1);
	db_close(second);
	scratch_done(&scratch);
}

TEST(a_backup_that_fails_leaves_no_file)
{
	struct scratch scratch = scratch_new(), copy = scratch;
	struct error err = { 0 };
	struct db *db = new_table(&scratch);
	static char load[200000];
	int64_t id = 0;

	EXPECT_OK(
		insert(db, "one", (struct bytes){ (unsigned char *)load, sizeof load }, &id, &err),
		err);
	scratch_beside(&scratch, ".copy", copy.path);
	signal(SIGXFSZ, SIG_IGN);
	set_file_size_limit(64 * 1024);
	bool copied = db_backup(db, copy.path, note_copy, &err);
	set_file_size_limit(RLIM_INFINITY);
	assert_false(copied);
	assert_int_equal(access(copy.path, F_OK), -1);
	assert_int_equal(access(scratch_beside(&scratch, ".copy.part", copy.path), F_OK), -1);
	db_close(db);
	scratch_done(&scratch);
}

TEST_MAIN(RUN(a_missing_folder_is_refused), RUN(ft_08_a_file_that_is_no_database_is_refused),
	  RUN(ft_08_another_programs_database_is_refused), RUN(ft_08_a_zeroed_header_is_refused),
	  RUN(ft_08_a_flipped_page_is_seen_at_open), RUN(ft_08_a_log_without_its_database_is_kept),
	  RUN(ft_09_a_second_opener_is_refused_by_every_name),
	  RUN(ft_09_a_second_hard_link_is_refused), RUN(files_are_their_owners_alone),
	  RUN(a_constraint_is_a_conflict_and_a_missing_row_not_found),
	  RUN(v6_a_write_outside_a_transaction_is_refused),
	  RUN(parameters_out_of_order_are_refused), RUN(text_in_double_quotes_is_no_value),
	  RUN(a_reader_cannot_write_and_sees_only_what_is_committed), RUN(a_snapshot_does_not_move),
	  RUN(values_come_back_as_they_went_in),
	  RUN(a_statement_asked_for_while_it_is_read_is_another_one),
	  RUN(a_savepoint_undoes_only_itself), RUN(ft_06_a_full_disk_is_told_and_passes_by_itself),
	  RUN(a_backup_is_whole_private_and_never_overwrites),
	  RUN(ft_11_a_copy_beside_the_log_of_another_is_refused),
	  RUN(a_backup_that_fails_leaves_no_file))
