#include "store/store_private.h"
#include "store/store_config.h"

bool store_tls_identity_set(struct store_tx *tx, struct bytes chain_pem, struct bytes encrypted_key,
			    struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(
		    tx_db(tx),
		    "INSERT INTO tls_identity (id, chain_pem, encrypted_key) "
		    "VALUES (1, $1, $2) ON CONFLICT (id) DO UPDATE "
		    "SET chain_pem = excluded.chain_pem, encrypted_key = excluded.encrypted_key",
		    &insertion, err))
		return false;
	db_bind_bytes(insertion, 1, chain_pem);
	db_bind_bytes(insertion, 2, encrypted_key);
	return db_run(insertion, NULL, err) && catalog_raise(tx, err);
}

bool store_tls_identity_get(struct store *store, struct buffer *ret_chain_pem,
			    struct buffer *ret_encrypted_key, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db, "SELECT chain_pem, encrypted_key FROM tls_identity WHERE id = 1",
			&query, err) ||
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
