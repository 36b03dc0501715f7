/* Certificates that were issued and became known later. */
#include "store/store_certificate.h"
#include "store/store_private.h"

static bool find(struct store_tx *tx, const struct certificate *wanted, struct certificate *ret,
		 bool *ret_found, struct error *err)
{
	const struct bytes serial = { wanted->serial, wanted->serial_len };
	struct error missing = { 0 };

	*ret_found = store_certificate_find_by_serial_tx(tx, wanted->ca_id, serial, ret, &missing);
	if (*ret_found || missing.reason == REASON_NOT_FOUND)
		return true;
	*err = missing;
	return false;
}

/* Its signing was under way when the backup was made, and came to its end. */
static bool complete_late(struct store_tx *tx, int64_t id, struct bytes der, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(tx_db(tx),
			"UPDATE certificate SET state = 1, der = $1 "
			"WHERE id = $2 AND (state = 0 OR state = 3)",
			&update, err))
		return false;
	db_bind_bytes(update, 1, der);
	db_bind_int64(update, 2, id);
	return run_on_existing(update, "intent", err);
}

static bool is_intent(const struct certificate *record)
{
	return record->state == CERTIFICATE_INTENT || record->state == CERTIFICATE_ABANDONED;
}

/* What the store has under that serial: *ret_id as the caller returns it. */
static bool take_present(struct store_tx *tx, const struct certificate *present,
			 const struct certificate *wanted, struct bytes tbs, int64_t *ret_id,
			 struct error *err)
{
	const struct bytes content = { present->der, present->der_len };
	const struct bytes der = { wanted->der, wanted->der_len };

	if (!bytes_equal(content, is_intent(present) ? tbs : der))
		return error_set(err, REASON_CONFLICT,
				 "the store has another certificate with this serial number");
	*ret_id = 0;
	if (!is_intent(present))
		return true;
	*ret_id = present->id;
	return complete_late(tx, present->id, der, err);
}

bool store_certificate_adopt(struct store_tx *tx, const struct certificate *certificate,
			     struct bytes tbs, int64_t *ret_id, struct error *err)
{
	CLEANUP(certificate_done) struct certificate present = { 0 };
	bool found = false;
	int64_t id = 0;

	if (!find(tx, certificate, &present, &found, err) ||
	    !(found ? take_present(tx, &present, certificate, tbs, &id, err)
		    : store_certificate_insert(tx, certificate, &id, err)))
		return false;
	*ret_id = id;
	return id == 0 || status_changes(tx, id, err);
}
