#include "store/store_blocked_key.h"

#include "store/store_private.h"

bool store_blocked_key_insert(struct store_tx *tx, struct bytes fingerprint, int64_t created,
			      const char *remark, bool *ret_new, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;
	int64_t changed = 0;

	if (fingerprint.len == 0 || fingerprint.len > BLOCKED_FINGERPRINT_MAX)
		return error_set(err, REASON_INVALID, "a fingerprint of %zu octets",
				 fingerprint.len);
	if (!db_prepare(tx_db(tx),
			"INSERT INTO blocked_key (fingerprint, created, remark) "
			"VALUES ($1, $2, $3) ON CONFLICT (fingerprint) DO NOTHING",
			&insertion, err))
		return false;
	db_bind_bytes(insertion, 1, fingerprint);
	db_bind_int64(insertion, 2, created);
	db_bind_text(insertion, 3, remark);
	if (!db_run(insertion, &changed, err))
		return false;
	*ret_new = changed > 0;
	return true;
}

bool store_blocked_key_delete(struct store_tx *tx, struct bytes fingerprint, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(tx_db(tx), "DELETE FROM blocked_key WHERE fingerprint = $1", &deletion,
			err))
		return false;
	db_bind_bytes(deletion, 1, fingerprint);
	return run_on_existing(deletion, "blocked key", err);
}

bool store_blocked_key_find(struct store_tx *tx, struct bytes one, struct bytes other,
			    bool *ret_found, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	/* SQLite builds a table for IN; this it only looks up */
	if (!db_prepare(tx_db(tx),
			"SELECT created FROM blocked_key WHERE fingerprint = $1 UNION ALL "
			"SELECT created FROM blocked_key WHERE fingerprint = $2",
			&query, err))
		return false;
	db_bind_bytes(query, 1, one);
	db_bind_bytes(query, 2, other);
	return db_step(query, ret_found, err);
}

bool store_blocked_key_count(struct store *store, int64_t *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db, "SELECT count(*) FROM blocked_key", &query, err) ||
	    !db_step_row(query, err))
		return false;
	*ret = db_int64(query, 0);
	return true;
}

bool store_blocked_key_list(struct store *store, struct bytes after, unsigned int limit,
			    bool (*each)(void *context, struct bytes fingerprint, int64_t created,
					 const char *remark),
			    void *context, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT fingerprint, created, remark FROM blocked_key "
			"WHERE fingerprint > $1 ORDER BY fingerprint LIMIT $2",
			&query, err))
		return false;
	db_bind_bytes(query, 1, after);
	db_bind_int64(query, 2, limit);
	for (;;) {
		bool row = false;

		if (!db_step(query, &row, err))
			return false;
		if (!row ||
		    !each(context, db_bytes(query, 0), db_int64(query, 1), db_text(query, 2)))
			return true;
	}
}
