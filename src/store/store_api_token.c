#include <stdio.h>

#include "store/store_access.h"
#include "store/store_private.h"

#define TOKEN_COLUMNS                                                                              \
	"SELECT id, token_hash, account_id, role, name, created_by, created, ends, last_used, "    \
	"administrator_id FROM api_token "

bool store_api_token_insert(struct store_tx *tx, const struct api_token *token, int64_t *ret_id,
			    struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(tx_db(tx),
			"INSERT INTO api_token (token_hash, account_id, role, name, created_by, "
			"created, ends, last_used, administrator_id) "
			"VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8)",
			&insertion, err))
		return false;
	db_bind_bytes(insertion, 1, (struct bytes){ token->token_hash, HASH_LEN });
	db_bind_int64(insertion, 2, token->role.account_id);
	db_bind_int64(insertion, 3, token->role.role);
	db_bind_text(insertion, 4, token->name);
	db_bind_text(insertion, 5, token->created_by);
	db_bind_int64(insertion, 6, token->created);
	db_bind_int64(insertion, 7, token->ends);
	db_bind_int64(insertion, 8, token->administrator_id);
	return db_insert(insertion, ret_id, err);
}

static bool read_row(const struct db_statement *row, struct api_token *ret, struct error *err)
{
	*ret = (struct api_token){
		.id = db_int64(row, 0),
		.role = { db_int64(row, 2), (enum role)db_int64(row, 3) },
		.created = db_int64(row, 6),
		.ends = db_int64(row, 7),
		.last_used = db_int64(row, 8),
		.administrator_id = db_int64(row, 9),
	};
	snprintf(ret->name, sizeof ret->name, "%s", db_text(row, 4));
	snprintf(ret->created_by, sizeof ret->created_by, "%s", db_text(row, 5));
	return db_bytes_exact(row, 1, ret->token_hash, HASH_LEN, err);
}

bool store_api_token_find(struct store *store, const unsigned char hash[HASH_LEN],
			  struct api_token *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db, TOKEN_COLUMNS "WHERE token_hash = $1", &query, err))
		return false;
	db_bind_bytes(query, 1, (struct bytes){ hash, HASH_LEN });
	if (!db_step(query, &row, err))
		return false;
	if (!row)
		return error_set(err, REASON_NOT_FOUND, "no such token");
	return read_row(query, ret, err);
}

bool store_api_token_touch(struct store_tx *tx, int64_t id, int64_t now, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(tx_db(tx), "UPDATE api_token SET last_used = $1 WHERE id = $2", &update,
			err))
		return false;
	db_bind_int64(update, 1, now);
	db_bind_int64(update, 2, id);
	return db_run(update, NULL, err);
}

bool store_api_token_delete(struct store_tx *tx, int64_t account_id, const char *name,
			    struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(tx_db(tx), "DELETE FROM api_token WHERE account_id = $1 AND name = $2",
			&deletion, err))
		return false;
	db_bind_int64(deletion, 1, account_id);
	db_bind_text(deletion, 2, name);
	return run_on_existing(deletion, "token", err);
}

bool store_api_token_delete_by_id(struct store_tx *tx, int64_t id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(tx_db(tx), "DELETE FROM api_token WHERE id = $1", &deletion, err))
		return false;
	db_bind_int64(deletion, 1, id);
	return run_on_existing(deletion, "token", err);
}

static bool read_rows(struct db_statement *query,
		      bool (*each)(void *context, const struct api_token *token), void *context,
		      struct error *err)
{
	for (;;) {
		struct api_token token;
		bool row = false;

		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		if (!read_row(query, &token, err))
			return false;
		if (!each(context, &token))
			return true;
	}
}

bool store_api_token_list(struct store *store, int64_t account_id,
			  bool (*each)(void *context, const struct api_token *token), void *context,
			  struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db, TOKEN_COLUMNS "WHERE account_id = $1 ORDER BY name", &query,
			err))
		return false;
	db_bind_int64(query, 1, account_id);
	return read_rows(query, each, context, err);
}

bool store_api_token_list_of(struct store_tx *tx, int64_t administrator_id,
			     bool (*each)(void *context, const struct api_token *token),
			     void *context, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(tx_db(tx), TOKEN_COLUMNS "WHERE administrator_id = $1 ORDER BY id", &query,
			err))
		return false;
	db_bind_int64(query, 1, administrator_id);
	return read_rows(query, each, context, err);
}
