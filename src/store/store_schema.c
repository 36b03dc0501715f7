#include "store/store_schema.h"

#include <inttypes.h>

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

static bool refuse_newer(int64_t version, struct error *err)
{
	return error_set(err, REASON_SCHEMA_NEWER,
			 "the store has schema %" PRId64 ", this program knows schemas up to %zu: "
			 "run the newer program, or restore the backup made before the upgrade",
			 version, migration_count);
}

/* The version is read inside the transaction that changes it, so that of two nodes which start at
 * once on one database each migration is run by one. *ret_done tells when nothing is left. */
static bool run_next(struct db *db, bool *ret_done, struct error *err)
{
	int64_t version = 0;

	if (!read_version(db, &version, err))
		return false;
	if (version > (int64_t)migration_count)
		return refuse_newer(version, err);
	if (version == (int64_t)migration_count) {
		*ret_done = true;
		return true;
	}

	const struct migration *next = &migrations[version];
	return db_script(db, next->sql, err) && note_version(db, version + 1, next->name, err);
}

static bool make_version_table(struct db *db, struct error *err)
{
	return db_script(db,
			 "CREATE TABLE IF NOT EXISTS schema_version ("
			 "version INTEGER PRIMARY KEY, name TEXT NOT NULL)",
			 err);
}

bool schema_migrate(struct db *db, struct error *err)
{
	bool done = false;

	while (!done) {
		if (!db_begin_write(db, err))
			return false;
		if (!make_version_table(db, err) || !run_next(db, &done, err) ||
		    !db_commit(db, err)) {
			db_rollback(db);
			return false;
		}
	}
	return true;
}
