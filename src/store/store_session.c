/* Sessions, and the links that begin the first of them. */
#include <stdio.h>

#include "store/store_access.h"
#include "store/store_private.h"

static struct bytes hash_view(const unsigned char hash[HASH_LEN])
{
	return (struct bytes){ hash, HASH_LEN };
}

static struct bytes pin_view(const struct certificate_pin *pin)
{
	return (struct bytes){ pin->sha256, pin->kind == PIN_NONE ? 0 : HASH_LEN };
}

bool store_login_link_insert(struct store_tx *tx, const unsigned char hash[HASH_LEN],
			     int64_t administrator_id, int64_t ends, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(tx_db(tx),
			"INSERT INTO login_link (code_hash, administrator_id, ends) "
			"VALUES ($1, $2, $3)",
			&insertion, err))
		return false;
	db_bind_bytes(insertion, 1, hash_view(hash));
	db_bind_int64(insertion, 2, administrator_id);
	db_bind_int64(insertion, 3, ends);
	return db_run(insertion, NULL, err);
}

static bool find_link(struct store_tx *tx, const unsigned char hash[HASH_LEN], int64_t now,
		      int64_t *ret_administrator_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!db_prepare(tx_db(tx),
			"SELECT administrator_id FROM login_link "
			"WHERE code_hash = $1 AND ends > $2",
			&query, err))
		return false;
	db_bind_bytes(query, 1, hash_view(hash));
	db_bind_int64(query, 2, now);
	if (!db_step(query, &row, err))
		return false;
	if (!row)
		return error_set(err, REASON_NOT_FOUND, "no such link");
	*ret_administrator_id = db_int64(query, 0);
	return true;
}

bool store_login_link_take(struct store_tx *tx, const unsigned char hash[HASH_LEN], int64_t now,
			   int64_t *ret_administrator_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!find_link(tx, hash, now, ret_administrator_id, err) ||
	    !db_prepare(tx_db(tx), "DELETE FROM login_link WHERE code_hash = $1 OR ends <= $2",
			&deletion, err))
		return false;
	db_bind_bytes(deletion, 1, hash_view(hash));
	db_bind_int64(deletion, 2, now);
	return db_run(deletion, NULL, err);
}

bool store_session_insert(struct store_tx *tx, const struct session *session, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(tx_db(tx),
			"INSERT INTO session "
			"(token_hash, administrator_id, created, last_seen, peer, "
			"pin_of_key, pin_sha256) VALUES ($1, $2, $3, $4, $5, $6, $7)",
			&insertion, err))
		return false;
	db_bind_bytes(insertion, 1, hash_view(session->token_hash));
	db_bind_int64(insertion, 2, session->administrator_id);
	db_bind_int64(insertion, 3, session->created);
	db_bind_int64(insertion, 4, session->last_seen);
	db_bind_text(insertion, 5, session->peer);
	db_bind_int64(insertion, 6, session->pin.kind == PIN_KEY);
	db_bind_bytes(insertion, 7, pin_view(&session->pin));
	return db_run(insertion, NULL, err);
}

static bool read_pin(const struct db_statement *row, struct certificate_pin *ret, struct error *err)
{
	if (db_bytes(row, 5).len == 0)
		return true;
	ret->kind = db_int64(row, 4) ? PIN_KEY : PIN_CERTIFICATE;
	return db_bytes_exact(row, 5, ret->sha256, HASH_LEN, err);
}

bool store_session_find(struct store *store, const unsigned char hash[HASH_LEN],
			struct session *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT administrator_id, created, last_seen, peer, pin_of_key, pin_sha256 "
			"FROM session WHERE token_hash = $1",
			&query, err))
		return false;
	db_bind_bytes(query, 1, hash_view(hash));
	if (!db_step(query, &row, err))
		return false;
	if (!row)
		return error_set(err, REASON_NOT_FOUND, "no such session");
	*ret = (struct session){
		.administrator_id = db_int64(query, 0),
		.created = db_int64(query, 1),
		.last_seen = db_int64(query, 2),
	};
	memcpy(ret->token_hash, hash, HASH_LEN);
	snprintf(ret->peer, sizeof ret->peer, "%s", db_text(query, 3));
	return read_pin(query, &ret->pin, err);
}

bool store_session_touch(struct store_tx *tx, const unsigned char hash[HASH_LEN], int64_t now,
			 struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(tx_db(tx), "UPDATE session SET last_seen = $1 WHERE token_hash = $2",
			&update, err))
		return false;
	db_bind_int64(update, 1, now);
	db_bind_bytes(update, 2, hash_view(hash));
	return db_run(update, NULL, err);
}

bool store_session_unbind(struct store_tx *tx, const unsigned char hash[HASH_LEN],
			  struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(tx_db(tx), "UPDATE session SET pin_sha256 = NULL WHERE token_hash = $1",
			&update, err))
		return false;
	db_bind_bytes(update, 1, hash_view(hash));
	return db_run(update, NULL, err);
}

bool store_session_delete(struct store_tx *tx, const unsigned char hash[HASH_LEN],
			  struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(tx_db(tx), "DELETE FROM session WHERE token_hash = $1", &deletion, err))
		return false;
	db_bind_bytes(deletion, 1, hash_view(hash));
	return db_run(deletion, NULL, err);
}

bool store_session_delete_of(struct store_tx *tx, int64_t administrator_id,
			     const unsigned char *except, struct error *err)
{
	static const unsigned char nobody[HASH_LEN];
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(tx_db(tx),
			"DELETE FROM session WHERE administrator_id = $1 AND token_hash <> $2",
			&deletion, err))
		return false;
	db_bind_int64(deletion, 1, administrator_id);
	db_bind_bytes(deletion, 2, hash_view(except ? except : nobody));
	return db_run(deletion, NULL, err);
}

bool store_session_sweep(struct store_tx *tx, int64_t created, int64_t last_seen, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(tx_db(tx), "DELETE FROM session WHERE created < $1 OR last_seen < $2",
			&deletion, err))
		return false;
	db_bind_int64(deletion, 1, created);
	db_bind_int64(deletion, 2, last_seen);
	return db_run(deletion, NULL, err);
}
