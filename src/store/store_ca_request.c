#include "store/store_ca_request.h"

#include <stdlib.h>

#include "store/store_private.h"

#define COLUMNS "id, account_id, ca_id, name, key_name, csr, created"

void ca_request_done(struct ca_request *request)
{
	free(request->name);
	free(request->key_name);
	buffer_done(&request->csr);
	*request = (struct ca_request){ 0 };
}

bool store_ca_request_insert(struct store_tx *tx, const struct ca_request *request, int64_t *ret_id,
			     struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(tx_db(tx),
			"INSERT INTO ca_request (account_id, name, key_name, ca_id, created, csr) "
			"VALUES ($1, $2, $3, $4, $5, $6)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, request->account_id);
	db_bind_text(insertion, 2, request->name);
	db_bind_text(insertion, 3, request->key_name);
	if (request->ca_id)
		db_bind_int64(insertion, 4, request->ca_id);
	else
		db_bind_null(insertion, 4);
	db_bind_int64(insertion, 5, request->created);
	db_bind_bytes(insertion, 6, buffer_view(&request->csr));
	return db_insert(insertion, ret_id, err);
}

bool store_ca_request_delete(struct store_tx *tx, int64_t account_id, int64_t id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(tx_db(tx), "DELETE FROM ca_request WHERE id = $1 AND account_id = $2",
			&deletion, err))
		return false;
	db_bind_int64(deletion, 1, id);
	db_bind_int64(deletion, 2, account_id);
	return run_on_existing(deletion, "CA request", err);
}

static bool read_row(const struct db_statement *row, struct ca_request *ret, struct error *err)
{
	ret->id = db_int64(row, 0);
	ret->account_id = db_int64(row, 1);
	ret->ca_id = db_int64(row, 2);
	ret->created = db_int64(row, 6);
	buffer_append(&ret->csr, db_bytes(row, 5));
	if (!buffer_ok(&ret->csr))
		return error_set(err, REASON_NO_MEMORY, "CA request");
	return db_text_copy(row, 3, &ret->name, err) && db_text_copy(row, 4, &ret->key_name, err);
}

static bool read_one(const struct db_statement *row,
		     bool (*each)(void *context, const struct ca_request *request), void *context,
		     bool *ret_goes_on, struct error *err)
{
	struct ca_request request = { 0 };
	bool read = read_row(row, &request, err);

	*ret_goes_on = read && each(context, &request);
	ca_request_done(&request);
	return read;
}

static bool each_row(struct db_statement *query,
		     bool (*each)(void *context, const struct ca_request *request), void *context,
		     struct error *err)
{
	bool goes_on = true;

	while (goes_on) {
		bool row = false;

		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		if (!read_one(query, each, context, &goes_on, err))
			return false;
	}
	return true;
}

bool store_ca_request_list(struct store *store, int64_t account_id,
			   bool (*each)(void *context, const struct ca_request *request),
			   void *context, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT " COLUMNS " FROM ca_request WHERE account_id = $1 ORDER BY id",
			&query, err))
		return false;
	db_bind_int64(query, 1, account_id);
	return each_row(query, each, context, err);
}

bool store_ca_request_find(struct store *store, int64_t account_id, const char *name,
			   struct ca_request *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;
	struct ca_request found = { 0 };
	bool row = false;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT " COLUMNS " FROM ca_request WHERE account_id = $1 AND name = $2",
			&query, err))
		return false;
	db_bind_int64(query, 1, account_id);
	db_bind_text(query, 2, name);
	if (!db_step(query, &row, err))
		return false;
	if (!row)
		return error_set(err, REASON_NOT_FOUND, "no CA %s waits for a certificate", name);
	if (!read_row(query, &found, err)) {
		ca_request_done(&found);
		return false;
	}
	*ret = found;
	return true;
}
