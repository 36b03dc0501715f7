#include "store/store_private.h"
#include "store/store_config.h"

_Static_assert(CA_ACTIVE == 0 && CA_RETIRED == 1 && CA_DISABLED == 2, "ca.state");

static void bind_id_or_null(struct db_statement *statement, int place, int64_t id)
{
	if (id)
		db_bind_int64(statement, place, id);
	else
		db_bind_null(statement, place);
}

static bool insert_chain_cert(struct db *db, int64_t ca_id, size_t place, struct bytes cert,
			      struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(db, "INSERT INTO ca_chain (ca_id, place, cert) VALUES ($1, $2, $3)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, ca_id);
	db_bind_int64(insertion, 2, (int64_t)place);
	db_bind_bytes(insertion, 3, cert);
	return db_run(insertion, NULL, err);
}

bool ca_chain_insert(struct db *db, int64_t ca_id, const struct bytes *chain, size_t count,
		     struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (!insert_chain_cert(db, ca_id, i, chain[i], err))
			return false;
	return true;
}

bool store_ca_insert(struct store_tx *tx, int64_t account_id, const char *name, int64_t parent_id,
		     const char *key_name, struct bytes cert, const struct bytes *chain,
		     size_t chain_count, int64_t *ret_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;
	int64_t id = 0;

	if (!db_prepare(tx_db(tx),
			"INSERT INTO ca (account_id, name, key_name, state, parent_id, cert) "
			"VALUES ($1, $2, $3, 0, $4, $5)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, account_id);
	db_bind_text(insertion, 2, name);
	db_bind_text(insertion, 3, key_name);
	bind_id_or_null(insertion, 4, parent_id);
	db_bind_bytes(insertion, 5, cert);
	if (!db_insert(insertion, &id, err) ||
	    !ca_chain_insert(tx_db(tx), id, chain, chain_count, err))
		return false;
	*ret_id = id;
	return catalog_raise(tx, err);
}

bool store_ca_set_state(struct store_tx *tx, int64_t account_id, int64_t id, enum ca_state state,
			struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(tx_db(tx), "UPDATE ca SET state = $1 WHERE id = $2 AND account_id = $3",
			&update, err))
		return false;
	db_bind_int64(update, 1, state);
	db_bind_int64(update, 2, id);
	db_bind_int64(update, 3, account_id);
	return run_on_existing(update, "CA", err) && catalog_raise(tx, err);
}

bool store_ca_set_signature(struct store_tx *tx, int64_t account_id, int64_t id,
			    enum signature_algorithm algorithm, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(tx_db(tx), "UPDATE ca SET signature = $1 WHERE id = $2 AND account_id = $3",
			&update, err))
		return false;
	db_bind_text(update, 1, algorithm == SIGN_COUNT ? "" : signature_algorithm_text(algorithm));
	db_bind_int64(update, 2, id);
	db_bind_int64(update, 3, account_id);
	return run_on_existing(update, "CA", err) && catalog_raise(tx, err);
}

/* -- EST authentication -- */

bool store_anchor_insert(struct store_tx *tx, int64_t account_id, int64_t ca_id, struct bytes cert,
			 int64_t *ret_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;
	unsigned char fingerprint[HASH_LEN];

	if (!hash_sha256(cert, fingerprint, err) ||
	    !db_prepare(tx_db(tx),
			"INSERT INTO anchor (account_id, ca_id, fingerprint, cert) "
			"VALUES ($1, $2, $3, $4)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, account_id);
	bind_id_or_null(insertion, 2, ca_id);
	db_bind_bytes(insertion, 3, (struct bytes){ fingerprint, sizeof fingerprint });
	db_bind_bytes(insertion, 4, cert);
	return db_insert(insertion, ret_id, err) && catalog_raise(tx, err);
}

bool store_anchor_delete(struct store_tx *tx, int64_t account_id, int64_t id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(tx_db(tx), "DELETE FROM anchor WHERE id = $1 AND account_id = $2",
			&deletion, err))
		return false;
	db_bind_int64(deletion, 1, id);
	db_bind_int64(deletion, 2, account_id);
	return run_on_existing(deletion, "anchor", err) && catalog_raise(tx, err);
}
