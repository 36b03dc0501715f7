#include "store/store_schema.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>

#include "store/backup_mark.h"

/* The one table that every release of ours has had. */
static bool make_version_table(struct db *db, struct error *err)
{
	return db_script(db,
			 "CREATE TABLE IF NOT EXISTS schema_version ("
			 "version INTEGER PRIMARY KEY, name TEXT NOT NULL)",
			 err);
}

static bool read_version(struct db *db, int64_t *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare_once(db, "SELECT coalesce(max(version), 0) FROM schema_version", &query,
			     err) ||
	    !db_step_row(query, err))
		return false;
	*ret = db_int64(query, 0);
	return true;
}

static bool note_version(struct db *db, int64_t version, const char *name, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare_once(db, "INSERT INTO schema_version (version, name) VALUES ($1, $2)",
			     &insertion, err))
		return false;
	db_bind_int64(insertion, 1, version);
	db_bind_text(insertion, 2, name);
	return db_run(insertion, NULL, err);
}

static bool check_not_newer(int64_t version, const struct schema *schema, struct error *err)
{
	return version <= (int64_t)schema->count ||
	       error_set(err, REASON_SCHEMA_NEWER,
			 "the store has schema %" PRId64 ", this program knows schemas up to %zu: "
			 "run the newer program, or restore the backup made before the upgrade",
			 version, schema->count);
}

/* The version is read inside the transaction that changes it, so that of two nodes which start at
 * once on one database each migration is run by one. */
static bool run_next(struct db *db, const struct schema *schema, struct error *err)
{
	int64_t version = 0;

	if (!make_version_table(db, err) || !read_version(db, &version, err) ||
	    !check_not_newer(version, schema, err))
		return false;
	if (version == (int64_t)schema->count)
		return true;

	const struct migration *next = &schema->migrations[version];
	return db_script(db, next->sql, err) && note_version(db, version + 1, next->name, err);
}

static bool run_next_in_transaction(struct db *db, const struct schema *schema, struct error *err)
{
	if (!db_begin_write(db, err))
		return false;
	if (run_next(db, schema, err) && db_commit(db, err))
		return true;
	db_rollback(db);
	return false;
}

/* A copy that is there already is of an earlier attempt: whole, for else it would not be there. */
static bool keep_copy(struct db *db, int64_t version, struct error *err)
{
	char path[PATH_MAX];
	struct error failure = { 0 };

	if (snprintf(path, sizeof path, "%s.schema-%" PRId64, db_path(db), version) >=
	    (int)sizeof path)
		return error_set(err, REASON_FILE, "path too long");
	if (db_backup(db, path, backup_mark_put, &failure) || failure.reason == REASON_CONFLICT)
		return true;
	return error_set_retry(err, failure.reason, failure.retry_after,
			       "copy before the migration: %s", failure.detail);
}

bool schema_migrate(struct db *db, const struct schema *schema, struct error *err)
{
	int64_t version = 0;

	if (!make_version_table(db, err) || !read_version(db, &version, err) ||
	    !check_not_newer(version, schema, err))
		return false;
	if (version > 0 && version < (int64_t)schema->count && !keep_copy(db, version, err))
		return false;
	while (version < (int64_t)schema->count)
		if (!run_next_in_transaction(db, schema, err) || !read_version(db, &version, err))
			return false;
	return true;
}
