#include "store/store_restore.h"

#include "store/backup_mark.h"
#include "store/store_private.h"

#define TOTP_STEP 30 /* seconds, RFC 6238 */

bool restoration_count(struct db *db, int64_t *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db, "SELECT count(*) FROM restoration", &query, err) ||
	    !db_step_row(query, err))
		return false;
	*ret = db_int64(query, 0);
	return true;
}

int64_t store_restorations(const struct store_tx *tx)
{
	return tx->store->restorations;
}

bool store_crl_floor(struct store *store, int64_t *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db, "SELECT coalesce(max(crl_floor), 0) FROM restoration", &query,
			err) ||
	    !db_step_row(query, err))
		return false;
	*ret = db_int64(query, 0);
	return true;
}

bool store_check(struct store *store, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };

	return reader_take(store, &reader, err) && db_check(reader.db, err);
}

/* -- how far it reaches -- */

static bool find_audit(struct db *db, struct store_reach *reach, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	struct audit_head head = { 0 };
	bool row = false;

	if (!audit_head_read(db, &head, err) ||
	    !db_prepare(db, "SELECT at FROM audit ORDER BY id DESC LIMIT 1", &query, err) ||
	    !db_step(query, &row, err))
		return false;
	reach->audit_entries = head.id;
	memcpy(reach->audit_head, head.hash, HASH_LEN);
	reach->audit_at = row ? db_int64(query, 0) : 0;
	return true;
}

static bool find_last_issued(struct db *db, struct store_reach *reach, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!db_prepare(db,
			"SELECT created, serial FROM certificate WHERE state = 1 "
			"ORDER BY id DESC LIMIT 1",
			&query, err) ||
	    !db_step(query, &row, err))
		return false;
	if (!row)
		return true;
	struct bytes serial = db_bytes(query, 1);
	if (serial.len > sizeof reach->serial)
		return error_set(err, REASON_STORE_CORRUPT, "a serial of %zu octets", serial.len);
	reach->issued_at = db_int64(query, 0);
	memcpy(reach->serial, serial.data, serial.len);
	reach->serial_len = serial.len;
	return true;
}

static bool find_crl_number(struct db *db, struct store_reach *reach, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db, "SELECT coalesce(max(number), 0) FROM crl", &query, err) ||
	    !db_step_row(query, err))
		return false;
	reach->crl_number = db_int64(query, 0);
	return true;
}

bool store_reach_find(struct store_tx *tx, struct store_reach *ret, struct error *err)
{
	struct store_reach reach = { 0 };

	if (!backup_mark_find(tx_db(tx), &reach.made, err) || !find_audit(tx_db(tx), &reach, err) ||
	    !find_last_issued(tx_db(tx), &reach, err) || !find_crl_number(tx_db(tx), &reach, err))
		return false;
	*ret = reach;
	return true;
}

/* -- what ends -- */

static bool run_at(struct db *db, const char *sql, int64_t time, int64_t *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *statement = NULL;

	if (!db_prepare_once(db, sql, &statement, err))
		return false;
	if (time)
		db_bind_int64(statement, 1, time);
	return db_run(statement, ret, err);
}

/* An authenticator's code may have been used since: that of this moment does not count. */
static bool end_totp_steps(struct db *db, int64_t now, struct error *err)
{
	return run_at(db, "UPDATE administrator SET totp_step = $1 WHERE totp_step < $1",
		      now / TOTP_STEP, NULL, err);
}

bool store_restore_end_credentials(struct store_tx *tx, int64_t now,
				   struct store_credentials *ret_ended, struct error *err)
{
	struct db *db = tx_db(tx);
	struct store_credentials ended = { 0 };

	if (!run_at(db, "DELETE FROM session", 0, &ended.sessions, err) ||
	    !run_at(db, "DELETE FROM login_link", 0, &ended.sign_in_links, err) ||
	    !run_at(db, "UPDATE api_token SET ends = $1 WHERE ends = 0 OR ends > $1", now,
		    &ended.api_tokens, err) ||
	    !run_at(db,
		    "UPDATE device_code SET ends = $1 "
		    "WHERE (ends = 0 OR ends > $1) AND uses < uses_max",
		    now, &ended.device_codes, err) ||
	    !run_at(db,
		    "UPDATE held_request SET state = 0, decided = 0, decided_by = '', remark = '' "
		    "WHERE state = 1",
		    0, &ended.approvals, err) ||
	    !end_totp_steps(db, now, err))
		return false;
	*ret_ended = ended;
	return true;
}

/* -- the restoration itself -- */

bool store_restore_enter(struct store_tx *tx, const struct restoration *restoration,
			 struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;
	struct db *db = tx_db(tx);
	int64_t id = 0;

	if (!db_prepare(db, "INSERT INTO restoration (at, made, crl_floor) VALUES ($1, $2, $3)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, restoration->at);
	db_bind_int64(insertion, 2, restoration->made);
	db_bind_int64(insertion, 3, restoration->crl_floor);
	return db_insert(insertion, &id, err) &&
	       run_at(db, "DELETE FROM crl WHERE next_update > $1", restoration->made, NULL, err) &&
	       run_at(db, "DELETE FROM ocsp_responder", 0, NULL, err) &&
	       backup_mark_delete(db, err);
}
