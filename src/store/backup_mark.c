#include "store/backup_mark.h"

#include "base/clock.h"

bool backup_mark_prepare(struct db *db, struct error *err)
{
	return db_script(db,
			 "CREATE TABLE IF NOT EXISTS backup_mark ("
			 "id INTEGER PRIMARY KEY CHECK (id = 1), made INTEGER NOT NULL)",
			 err);
}

/* A copy of a copy is as old as its own making tells. */
static bool put(struct db *copy, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(copy,
			"INSERT INTO backup_mark (id, made) VALUES (1, $1) "
			"ON CONFLICT (id) DO UPDATE SET made = excluded.made",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, clock_now(&clock_system));
	return db_run(insertion, NULL, err);
}

bool backup_mark_put(struct db *copy, struct error *err)
{
	if (!backup_mark_prepare(copy, err) || !db_begin_write(copy, err))
		return false;
	if (put(copy, err) && db_commit(copy, err))
		return true;
	db_rollback(copy);
	return false;
}

bool backup_mark_find(struct db *db, int64_t *ret_made, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!db_prepare(db, "SELECT made FROM backup_mark WHERE id = 1", &query, err) ||
	    !db_step(query, &row, err))
		return false;
	*ret_made = row ? db_int64(query, 0) : 0;
	return true;
}

bool backup_mark_delete(struct db *db, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	return db_prepare(db, "DELETE FROM backup_mark WHERE id = 1", &deletion, err) &&
	       db_run(deletion, NULL, err);
}
