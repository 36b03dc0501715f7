#include "store/store_crl.h"

#include <inttypes.h>

#include "store/store_private.h"

/* -- CRLs in force -- */

bool store_crl_find(struct store *store, int64_t ca_id, enum crl_kind kind, bool with_der,
		    struct crl *ret, struct error *err)
{
	const char *sql = with_der ? "SELECT number, base_number, changes, this_update, "
				     "next_update, entries, der FROM crl "
				     "WHERE ca_id = $1 AND kind = $2"
				   : "SELECT number, base_number, changes, this_update, "
				     "next_update, entries FROM crl WHERE ca_id = $1 AND kind = $2";
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;
	CLEANUP(crl_done) struct crl found = { .ca_id = ca_id, .kind = kind };

	if (!reader_take(store, &reader, err) || !db_prepare(reader.db, sql, &query, err))
		return false;
	db_bind_int64(query, 1, ca_id);
	db_bind_int64(query, 2, kind);
	if (!db_step_row(query, err))
		return false;
	found.number = db_int64(query, 0);
	found.base_number = db_int64(query, 1);
	found.changes = db_int64(query, 2);
	found.this_update = db_int64(query, 3);
	found.next_update = db_int64(query, 4);
	found.entries = db_int64(query, 5);
	if (with_der)
		buffer_append(&found.der, db_bytes(query, 6));
	if (!buffer_ok(&found.der))
		return error_set(err, REASON_NO_MEMORY, "CRL");
	*ret = found;
	found = (struct crl){ 0 };
	return true;
}

static bool check_rises(struct db *db, const struct crl *crl, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db, "SELECT coalesce(max(number), 0) FROM crl WHERE ca_id = $1", &query,
			err))
		return false;
	db_bind_int64(query, 1, crl->ca_id);
	if (!db_step_row(query, err))
		return false;
	return crl->number > db_int64(query, 0) ||
	       error_set(err, REASON_CONFLICT, "CRL number %" PRId64 " is not above %" PRId64,
			 crl->number, db_int64(query, 0));
}

static bool put(struct db *db, const struct crl *crl, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(db,
			"INSERT INTO crl (ca_id, kind, number, base_number, changes, this_update, "
			"next_update, entries, der) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
			"ON CONFLICT (ca_id, kind) DO UPDATE SET number = excluded.number, "
			"base_number = excluded.base_number, changes = excluded.changes, "
			"this_update = excluded.this_update, next_update = excluded.next_update, "
			"entries = excluded.entries, der = excluded.der",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, crl->ca_id);
	db_bind_int64(insertion, 2, crl->kind);
	db_bind_int64(insertion, 3, crl->number);
	db_bind_int64(insertion, 4, crl->base_number);
	db_bind_int64(insertion, 5, crl->changes);
	db_bind_int64(insertion, 6, crl->this_update);
	db_bind_int64(insertion, 7, crl->next_update);
	db_bind_int64(insertion, 8, crl->entries);
	db_bind_bytes(insertion, 9, buffer_view(&crl->der));
	return db_run(insertion, NULL, err);
}

bool store_crl_put(struct store_tx *tx, const struct crl *crl, struct error *err)
{
	return check_rises(tx_db(tx), crl, err) && put(tx_db(tx), crl, err);
}

bool store_crl_put_pair(struct store_tx *tx, const struct crl *full, const struct crl *delta,
			struct error *err)
{
	return check_rises(tx_db(tx), full, err) && put(tx_db(tx), full, err) &&
	       put(tx_db(tx), delta, err);
}

/* -- what they list -- */

bool store_revoked_each(struct store *store, const struct revoked_filter *filter,
			bool (*each)(void *context, const struct revoked *revoked), void *context,
			struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT serial, revoked_at, invalidity_date, revocation_reason "
			"FROM certificate WHERE state = 2 AND ca_id = $1 AND revoked_at >= $2 "
			"AND revoked_at <= $3 AND not_after >= $4 ORDER BY revoked_at",
			&query, err))
		return false;
	db_bind_int64(query, 1, filter->ca_id);
	db_bind_int64(query, 2, filter->from);
	db_bind_int64(query, 3, filter->until);
	db_bind_int64(query, 4, filter->ends_from);
	for (;;) {
		bool row = false;

		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		const struct revoked revoked = {
			.serial = db_bytes(query, 0),
			.revoked_at = db_int64(query, 1),
			.invalidity_date = db_int64(query, 2),
			.reason = (enum revocation_reason)db_int64(query, 3),
		};
		if (!each(context, &revoked))
			return true;
	}
}

bool store_released_each(struct store *store, int64_t ca_id, int64_t since,
			 bool (*each)(void *context, struct bytes serial, int64_t released_at),
			 void *context, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT serial, released_at FROM released_hold "
			"WHERE ca_id = $1 AND released_at >= $2",
			&query, err))
		return false;
	db_bind_int64(query, 1, ca_id);
	db_bind_int64(query, 2, since);
	for (;;) {
		bool row = false;

		if (!db_step(query, &row, err))
			return false;
		if (!row || !each(context, db_bytes(query, 0), db_int64(query, 1)))
			return true;
	}
}

bool store_revocation_changes(struct store *store, int64_t ca_id, int64_t *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db, "SELECT changes FROM revocation_change WHERE ca_id = $1", &query,
			err))
		return false;
	db_bind_int64(query, 1, ca_id);
	if (!db_step(query, &row, err))
		return false;
	*ret = row ? db_int64(query, 0) : 0;
	return true;
}

bool store_revocation_begins(struct store *store, int64_t ca_id, int64_t since, int64_t now,
			     bool *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT revoked_at FROM certificate WHERE state = 2 AND ca_id = $1 "
			"AND revoked_at > $2 AND revoked_at <= $3 LIMIT 1",
			&query, err))
		return false;
	db_bind_int64(query, 1, ca_id);
	db_bind_int64(query, 2, since);
	db_bind_int64(query, 3, now);
	return db_step(query, ret, err);
}
