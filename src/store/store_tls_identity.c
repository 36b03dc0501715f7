#include "store/store_private.h"
#include "store/store_config.h"

#define INSERT_INTO(table)                                                                         \
	"INSERT INTO " table " (id, chain_pem, encrypted_key) VALUES (1, $1, $2) "                 \
	"ON CONFLICT (id) DO UPDATE "                                                              \
	"SET chain_pem = excluded.chain_pem, encrypted_key = excluded.encrypted_key"
#define SELECT_FROM(table) "SELECT chain_pem, encrypted_key FROM " table " WHERE id = 1"

static bool set(struct store_tx *tx, const char *sql, struct bytes chain_pem,
		struct bytes encrypted_key, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(tx_db(tx), sql, &insertion, err))
		return false;
	db_bind_bytes(insertion, 1, chain_pem);
	db_bind_bytes(insertion, 2, encrypted_key);
	return db_run(insertion, NULL, err) && catalog_raise(tx, err);
}

static bool get(struct store *store, const char *sql, struct buffer *ret_chain_pem,
		struct buffer *ret_encrypted_key, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!reader_take(store, &reader, err) || !db_prepare(reader.db, sql, &query, err) ||
	    !db_step(query, &row, err))
		return false;
	if (!row)
		return error_set(err, REASON_NOT_FOUND, "no TLS identity was set");
	buffer_append(ret_chain_pem, db_bytes(query, 0));
	buffer_append(ret_encrypted_key, db_bytes(query, 1));
	if (!buffer_ok(ret_chain_pem) || !buffer_ok(ret_encrypted_key))
		return error_set(err, REASON_NO_MEMORY, "TLS identity");
	return true;
}

bool store_tls_identity_set(struct store_tx *tx, struct bytes chain_pem, struct bytes encrypted_key,
			    struct error *err)
{
	return set(tx, INSERT_INTO("tls_identity"), chain_pem, encrypted_key, err);
}

bool store_tls_identity_get(struct store *store, struct buffer *ret_chain_pem,
			    struct buffer *ret_encrypted_key, struct error *err)
{
	return get(store, SELECT_FROM("tls_identity"), ret_chain_pem, ret_encrypted_key, err);
}

bool store_console_identity_set(struct store_tx *tx, struct bytes chain_pem,
				struct bytes encrypted_key, struct error *err)
{
	return set(tx, INSERT_INTO("console_identity"), chain_pem, encrypted_key, err);
}

bool store_console_identity_get(struct store *store, struct buffer *ret_chain_pem,
				struct buffer *ret_encrypted_key, struct error *err)
{
	return get(store, SELECT_FROM("console_identity"), ret_chain_pem, ret_encrypted_key, err);
}

bool store_console_identity_delete(struct store_tx *tx, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	return db_prepare(tx_db(tx), "DELETE FROM console_identity", &deletion, err) &&
	       db_run(deletion, NULL, err);
}
