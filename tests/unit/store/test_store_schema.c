#include "store/fixture.h"

#include "store/store_schema.h"

static const struct migration steps[] = {
	{ "0001_first", "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT);"
			"INSERT INTO thing (name) VALUES ('old')" },
	{ "0002_second", "ALTER TABLE thing ADD COLUMN size INTEGER; UPDATE thing SET size = 7" },
	{ "0003_third", "CREATE TABLE other (id INTEGER PRIMARY KEY)" },
};
static const struct migration broken_steps[] = {
	{ "0001_first", "SELECT 1" },
	{ "0002_second", "ALTER TABLE thing ADD COLUMN size INTEGER; UPDATE nothing SET size = 7" },
};

static struct db *open_db(struct fixture *f)
{
	const struct db_options options = { .path = f->scratch.path,
					    .application_id = STORE_FILE_ID,
					    .access = DB_WRITER };
	struct db *db = NULL;

	OK(db_open(&options, &db, &f->err));
	return db;
}

static int64_t number(struct fixture *f, struct db *db, const char *sql)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	OK(db_prepare_once(db, sql, &query, &f->err));
	OK(db_step_row(query, &f->err));
	return db_int64(query, 0);
}

#define VERSION "SELECT max(version) FROM schema_version"

TEST(ft_10_migrations_run_once_each_and_keep_a_copy)
{
	struct fixture fixture = { .scratch = scratch_new() }, *f = &fixture;
	struct db *db = open_db(f);
	char copy[SCRATCH_PATH_MAX];

	scratch_beside(&f->scratch, ".schema-1", copy);
	OK(schema_migrate(db, &(struct schema){ steps, 1 }, &f->err));
	assert_int_equal(access(copy, F_OK), -1);
	OK(schema_migrate(db, &(struct schema){ steps, 1 }, &f->err));
	assert_int_equal(number(f, db, "SELECT count(*) FROM thing"), 1);
	OK(schema_migrate(db, &(struct schema){ steps, 3 }, &f->err));
	assert_int_equal(number(f, db, VERSION), 3);
	assert_int_equal(number(f, db, "SELECT size FROM thing"), 7);
	assert_int_equal(scratch_mode(copy), 0600);
	db_close(db);

	/* the copy is the database of before */
	assert_int_equal(rename(copy, f->scratch.path), 0);
	db = open_db(f);
	assert_int_equal(number(f, db, VERSION), 1);
	assert_int_equal(number(f, db, "SELECT count(*) FROM thing"), 1);
	db_close(db);
	scratch_done(&f->scratch);
}

TEST(ft_10_a_failed_migration_changes_nothing_and_is_made_anew)
{
	struct fixture fixture = { .scratch = scratch_new() }, *f = &fixture;
	struct db *db = open_db(f);
	char copy[SCRATCH_PATH_MAX];

	OK(schema_migrate(db, &(struct schema){ steps, 1 }, &f->err));
	REFUSED(schema_migrate(db, &(struct schema){ broken_steps, 2 }, &f->err), REASON_INTERNAL);
	assert_int_equal(number(f, db, VERSION), 1);
	assert_int_equal(
		number(f, db,
		       "SELECT count(*) FROM pragma_table_info('thing') WHERE name = 'size'"),
		0);
	OK(schema_migrate(db, &(struct schema){ steps, 2 }, &f->err));
	assert_int_equal(number(f, db, "SELECT size FROM thing"), 7);
	db_close(db);
	(void)unlink(scratch_beside(&f->scratch, ".schema-1", copy));
	scratch_done(&f->scratch);
}

TEST(ft_10_an_older_program_refuses)
{
	struct fixture fixture = { .scratch = scratch_new() }, *f = &fixture;
	struct db *db = open_db(f);

	OK(schema_migrate(db, &(struct schema){ steps, 3 }, &f->err));
	REFUSED(schema_migrate(db, &(struct schema){ steps, 2 }, &f->err), REASON_SCHEMA_NEWER);
	assert_int_equal(number(f, db, VERSION), 3);
	db_close(db);
	scratch_done(&f->scratch);
}

TEST_MAIN(RUN(ft_10_migrations_run_once_each_and_keep_a_copy),
	  RUN(ft_10_a_failed_migration_changes_nothing_and_is_made_anew),
	  RUN(ft_10_an_older_program_refuses))
