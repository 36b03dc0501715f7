/* Revoking, holding and releasing certificates. */
#include <inttypes.h>

#include "store/store_certificate.h"
#include "store/store_private.h"

/* -- what those learn of it who keep answers -- */

void store_set_board(struct store *store, struct change_board *board)
{
	store->writer.board = board;
}

static void note_slot(struct writer *writer, size_t slot)
{
	writer->changed[slot / 8] |= (uint8_t)(1u << slot % 8);
	writer->any_changed = true;
}

void writer_tell_changes(struct writer *writer)
{
	if (!writer->board || !writer->any_changed)
		return;
	for (size_t slot = 0; slot < CHANGE_BOARD_SLOTS; slot++)
		if (writer->changed[slot / 8] & 1u << slot % 8)
			change_board_raise(writer->board, slot);
	memset(writer->changed, 0, sizeof writer->changed);
	writer->any_changed = false;
}

/* A transaction that rolls back leaves its note: then one answer too many is asked for anew. */
bool status_changes(struct store_tx *tx, int64_t id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(tx_db(tx), "SELECT serial FROM certificate WHERE id = $1", &query, err))
		return false;
	db_bind_int64(query, 1, id);
	if (!db_step_row(query, err))
		return false;
	note_slot(&tx->store->writer, change_board_slot(db_bytes(query, 0)));
	return true;
}

/* -- what CRLs learn of it -- */

static bool note_change(struct db *db, int64_t id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(db,
			"INSERT INTO revocation_change (ca_id, changes) "
			"SELECT ca_id, 1 FROM certificate WHERE id = $1 "
			"ON CONFLICT (ca_id) DO UPDATE SET changes = revocation_change.changes + 1",
			&update, err))
		return false;
	db_bind_int64(update, 1, id);
	return db_run(update, NULL, err);
}

/* What is revoked again has no release to tell of. */
static bool forget_release(struct db *db, int64_t id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(db,
			"DELETE FROM released_hold WHERE (ca_id, serial) IN "
			"(SELECT ca_id, serial FROM certificate WHERE id = $1)",
			&deletion, err))
		return false;
	db_bind_int64(deletion, 1, id);
	return db_run(deletion, NULL, err);
}

static bool note_release(struct db *db, int64_t id, int64_t at, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(db,
			"INSERT INTO released_hold (ca_id, serial, released_at) "
			"SELECT ca_id, serial, $1 FROM certificate WHERE id = $2 "
			"ON CONFLICT (ca_id, serial) "
			"DO UPDATE SET released_at = excluded.released_at",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, at);
	db_bind_int64(insertion, 2, id);
	return db_run(insertion, NULL, err);
}

/* -- revoking -- */

static bool check_revoked(struct db *db, int64_t id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!db_prepare(db, "SELECT id FROM certificate WHERE id = $1 AND state = 2", &query, err))
		return false;
	db_bind_int64(query, 1, id);
	if (!db_step(query, &row, err))
		return false;
	return row || error_set(err, REASON_NOT_FOUND, "no issued certificate %" PRId64, id);
}

bool store_certificate_revoke(struct store_tx *tx, int64_t id, enum revocation_reason reason,
			      int64_t at, int64_t invalidity_date, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;
	int64_t changed = 0;

	if (at <= 0)
		return error_set(err, REASON_INVALID, "revocation at %" PRId64, at);
	/* 6: a hold may end in a revocation for good */
	if (!db_prepare(
		    tx_db(tx),
		    "UPDATE certificate SET state = 2, revoked_at = $1, revocation_reason = $2, "
		    "invalidity_date = $3 "
		    "WHERE id = $4 AND (state = 1 OR (state = 2 AND (revoked_at > $1 "
		    "OR (revocation_reason = 6 AND $2 <> 6))))",
		    &update, err))
		return false;
	db_bind_int64(update, 1, at);
	db_bind_int64(update, 2, reason);
	db_bind_int64(update, 3, invalidity_date);
	db_bind_int64(update, 4, id);
	if (!db_run(update, &changed, err))
		return false;
	if (!changed)
		return check_revoked(tx_db(tx), id, err);
	return status_changes(tx, id, err) && note_change(tx_db(tx), id, err) &&
	       forget_release(tx_db(tx), id, err);
}

static bool is_revoked_by(struct db *db, int64_t id, int64_t now, bool *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db,
			"SELECT id FROM certificate WHERE id = $1 AND state = 2 AND "
			"revoked_at <= $2",
			&query, err))
		return false;
	db_bind_int64(query, 1, id);
	db_bind_int64(query, 2, now);
	return db_step(query, ret, err);
}

/* A hold that became a revocation in the future would have ended until then. */
bool store_certificate_supersede(struct store_tx *tx, int64_t id, int64_t at, int64_t now,
				 struct error *err)
{
	bool is_revoked = false;

	return is_revoked_by(tx_db(tx), id, now, &is_revoked, err) &&
	       store_certificate_revoke(tx, id, REVOKED_SUPERSEDED, is_revoked ? now : at, 0, err);
}

bool store_certificate_release(struct store_tx *tx, int64_t id, int64_t at, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(tx_db(tx),
			"UPDATE certificate SET state = 1, revoked_at = 0, revocation_reason = 0, "
			"invalidity_date = 0 "
			"WHERE id = $1 AND state = 2 AND revocation_reason = 6",
			&update, err))
		return false;
	db_bind_int64(update, 1, id);
	return run_on_existing(update, "certificate on hold", err) && status_changes(tx, id, err) &&
	       note_release(tx_db(tx), id, at, err) && note_change(tx_db(tx), id, err);
}
