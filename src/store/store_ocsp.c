#include "store/store_ocsp.h"

#include <stdio.h>

#include "store/store_private.h"

void stored_responder_done(struct stored_responder *responder)
{
	buffer_done(&responder->der);
	*responder = (struct stored_responder){ 0 };
}

bool store_responder_find(struct store *store, int64_t ca_id, struct stored_responder *ret,
			  struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;
	CLEANUP(stored_responder_done) struct stored_responder found = { 0 };

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT r.certificate_id, r.key_name, c.state, c.der "
			"FROM ocsp_responder r JOIN certificate c ON c.id = r.certificate_id "
			"WHERE r.ca_id = $1",
			&query, err))
		return false;
	db_bind_int64(query, 1, ca_id);
	if (!db_step_row(query, err))
		return false;
	found.certificate_id = db_int64(query, 0);
	snprintf(found.key_name, sizeof found.key_name, "%s", db_text(query, 1));
	found.is_revoked = db_int64(query, 2) != CERTIFICATE_ISSUED;
	buffer_append(&found.der, db_bytes(query, 3));
	if (!buffer_ok(&found.der))
		return error_set(err, REASON_NO_MEMORY, "responder");
	*ret = found;
	found = (struct stored_responder){ 0 };
	return true;
}

bool store_responder_put(struct store_tx *tx, int64_t ca_id, int64_t certificate_id,
			 const char *key_name, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(tx_db(tx),
			"INSERT INTO ocsp_responder (ca_id, certificate_id, key_name) "
			"VALUES ($1, $2, $3) "
			"ON CONFLICT (ca_id) DO UPDATE SET "
			"certificate_id = excluded.certificate_id, key_name = excluded.key_name",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, ca_id);
	db_bind_int64(insertion, 2, certificate_id);
	db_bind_text(insertion, 3, key_name);
	return db_run(insertion, NULL, err);
}

bool store_certificate_status(struct store *store, int64_t ca_id, struct bytes serial,
			      struct certificate_status *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT state, revoked_at, revocation_reason FROM certificate "
			"WHERE ca_id = $1 AND serial = $2",
			&query, err))
		return false;
	db_bind_int64(query, 1, ca_id);
	db_bind_bytes(query, 2, serial);
	if (!db_step_row(query, err))
		return false;

	int64_t state = db_int64(query, 0), reason = db_int64(query, 2);
	if (state < 0 || state > CERTIFICATE_ABANDONED || reason < 0 ||
	    reason > REVOKED_AA_COMPROMISE)
		return error_set(err, REASON_STORE_CORRUPT, "a certificate's state");
	*ret = (struct certificate_status){
		.state = (enum certificate_state)state,
		.revoked_at = db_int64(query, 1),
		.reason = (enum revocation_reason)reason,
	};
	return true;
}
