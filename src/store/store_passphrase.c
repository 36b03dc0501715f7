#include "store/store_private.h"
#include "store/store_config.h"

_Static_assert(VERIFIER_HMAC == 0 && VERIFIER_ARGON2ID == 1, "passphrase.kind");

static bool delete_ended(struct db *db, const struct passphrase *passphrase, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(db,
			"DELETE FROM passphrase WHERE profile_id = $1 AND ends <> 0 AND ends <= $2",
			&deletion, err))
		return false;
	db_bind_int64(deletion, 1, passphrase->profile_id);
	db_bind_int64(deletion, 2, passphrase->created);
	return db_run(deletion, NULL, err);
}

static bool end_present(struct db *db, int64_t profile_id, int64_t old_ends, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(db,
			"UPDATE passphrase SET ends = $1 "
			"WHERE profile_id = $2 AND (ends = 0 OR ends > $1)",
			&update, err))
		return false;
	db_bind_int64(update, 1, old_ends);
	db_bind_int64(update, 2, profile_id);
	return db_run(update, NULL, err);
}

static bool insert(struct db *db, const struct passphrase *passphrase, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(db,
			"INSERT INTO passphrase (profile_id, kind, verifier, created, ends) "
			"VALUES ($1, $2, $3, $4, $5)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, passphrase->profile_id);
	db_bind_int64(insertion, 2, passphrase->kind);
	db_bind_bytes(insertion, 3,
		      (struct bytes){ passphrase->verifier, passphrase->verifier_len });
	db_bind_int64(insertion, 4, passphrase->created);
	db_bind_int64(insertion, 5, passphrase->ends);
	return db_run(insertion, NULL, err);
}

bool store_passphrase_replace(struct store_tx *tx, const struct passphrase *passphrase,
			      int64_t old_ends, struct error *err)
{
	struct db *db = tx_db(tx);

	/* the end 0 would mean "never" */
	if (old_ends <= 0)
		return error_set(err, REASON_INVALID, "the old passphrase needs an end");
	return end_present(db, passphrase->profile_id, old_ends, err) &&
	       delete_ended(db, passphrase, err) && insert(db, passphrase, err) &&
	       catalog_raise(tx, err);
}
