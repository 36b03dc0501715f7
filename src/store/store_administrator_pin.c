/* The certificates that administrators sign in with. */
#include "store/store_access.h"
#include "store/store_private.h"

bool administrator_pin_read(struct db *db, struct administrator *administrator, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!db_prepare(db,
			"SELECT of_key, sha256 FROM administrator_pin WHERE administrator_id = $1",
			&query, err))
		return false;
	db_bind_int64(query, 1, administrator->id);
	if (!db_step(query, &row, err))
		return false;
	if (!row)
		return true;

	struct bytes sha256 = db_bytes(query, 1);
	if (sha256.len != HASH_LEN)
		return error_set(err, REASON_STORE_CORRUPT, "a pin of %zu octets", sha256.len);
	administrator->pin.kind = db_int64(query, 0) ? PIN_KEY : PIN_CERTIFICATE;
	memcpy(administrator->pin.sha256, sha256.data, HASH_LEN);
	return true;
}

bool store_administrator_pin_set(struct store_tx *tx, int64_t id, const struct certificate_pin *pin,
				 struct bytes issuer, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(tx_db(tx),
			"INSERT INTO administrator_pin (administrator_id, of_key, sha256, issuer) "
			"VALUES ($1, $2, $3, $4) ON CONFLICT (administrator_id) DO UPDATE "
			"SET of_key = excluded.of_key, sha256 = excluded.sha256, "
			"issuer = excluded.issuer",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, id);
	db_bind_int64(insertion, 2, pin->kind == PIN_KEY);
	db_bind_bytes(insertion, 3, (struct bytes){ pin->sha256, HASH_LEN });
	db_bind_bytes(insertion, 4, issuer);
	return db_run(insertion, NULL, err);
}

bool store_administrator_pin_delete(struct store_tx *tx, int64_t id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(tx_db(tx), "DELETE FROM administrator_pin WHERE administrator_id = $1",
			&deletion, err))
		return false;
	db_bind_int64(deletion, 1, id);
	return db_run(deletion, NULL, err);
}

bool store_administrator_pin_issuers(struct store *store, struct buffer *ret_names, bool *ret_any,
				     struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	*ret_any = false;
	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db, "SELECT DISTINCT issuer FROM administrator_pin ORDER BY issuer",
			&query, err))
		return false;
	for (;;) {
		if (!db_step(query, &row, err))
			return false;
		if (!row)
			break;
		*ret_any = true;
		buffer_append(ret_names, db_bytes(query, 0));
	}
	return buffer_ok(ret_names) || error_set(err, REASON_NO_MEMORY, "issuers");
}
