#include "store/store_rollover.h"

#include "store/store_private.h"

static void bind_cert_or_null(struct db_statement *statement, int place, struct bytes cert)
{
	if (cert.len)
		db_bind_bytes(statement, place, cert);
	else
		db_bind_null(statement, place);
}

bool store_rollover_insert(struct store_tx *tx, const struct store_rollover *rollover,
			   int64_t *ret_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(tx_db(tx),
			"INSERT INTO ca_rollover (account_id, old_ca_id, new_ca_id, started, "
			"finished, old_with_new, new_with_old) VALUES ($1, $2, $3, $4, 0, $5, $6)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, rollover->account_id);
	db_bind_int64(insertion, 2, rollover->old_ca_id);
	db_bind_int64(insertion, 3, rollover->new_ca_id);
	db_bind_int64(insertion, 4, rollover->started);
	bind_cert_or_null(insertion, 5, rollover->old_with_new);
	bind_cert_or_null(insertion, 6, rollover->new_with_old);
	return db_insert(insertion, ret_id, err) && catalog_raise(tx, err);
}

bool store_rollover_finish(struct store_tx *tx, int64_t account_id, int64_t id, int64_t at,
			   struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(tx_db(tx),
			"UPDATE ca_rollover SET finished = $1 "
			"WHERE id = $2 AND account_id = $3 AND finished = 0",
			&update, err))
		return false;
	db_bind_int64(update, 1, at);
	db_bind_int64(update, 2, id);
	db_bind_int64(update, 3, account_id);
	return run_on_existing(update, "rollover under way", err) && catalog_raise(tx, err);
}

/* -- a new certificate for the same key -- */

static bool keep_former(struct db *db, const struct ca *ca, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;
	int64_t id;

	if (!db_prepare(db, "INSERT INTO ca_former_cert (ca_id, cert) VALUES ($1, $2)", &insertion,
			err))
		return false;
	db_bind_int64(insertion, 1, ca->id);
	db_bind_bytes(insertion, 2, cert_der(ca->cert));
	return db_insert(insertion, &id, err);
}

static bool set_cert(struct db *db, const struct ca *ca, struct bytes cert, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(db, "UPDATE ca SET cert = $1 WHERE id = $2 AND account_id = $3", &update,
			err))
		return false;
	db_bind_bytes(update, 1, cert);
	db_bind_int64(update, 2, ca->id);
	db_bind_int64(update, 3, ca->account_id);
	return run_on_existing(update, "CA", err);
}

static bool replace_in_chains(struct db *db, const struct ca *ca, struct bytes cert,
			      struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(db,
			"UPDATE ca_chain SET cert = $1 WHERE cert = $2 "
			"AND ca_id IN (SELECT id FROM ca WHERE account_id = $3)",
			&update, err))
		return false;
	db_bind_bytes(update, 1, cert);
	db_bind_bytes(update, 2, cert_der(ca->cert));
	db_bind_int64(update, 3, ca->account_id);
	return db_run(update, NULL, err);
}

static bool delete_chain(struct db *db, const struct ca *ca, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(db, "DELETE FROM ca_chain WHERE ca_id = $1", &deletion, err))
		return false;
	db_bind_int64(deletion, 1, ca->id);
	return db_run(deletion, NULL, err);
}

bool store_ca_renew(struct store_tx *tx, const struct ca *ca, struct bytes cert,
		    const struct bytes *chain, size_t chain_count, struct error *err)
{
	struct db *db = tx_db(tx);

	return keep_former(db, ca, err) && set_cert(db, ca, cert, err) &&
	       replace_in_chains(db, ca, cert, err) && delete_chain(db, ca, err) &&
	       ca_chain_insert(db, ca->id, chain, chain_count, err) && catalog_raise(tx, err);
}

/* -- devices -- */

static bool count_rows(struct reader *reader, const char *sql, int64_t ca_id, int64_t now,
		       int64_t *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(reader->db, sql, &query, err))
		return false;
	db_bind_int64(query, 1, ca_id);
	if (now)
		db_bind_int64(query, 2, now);
	if (!db_step_row(query, err))
		return false;
	*ret = db_int64(query, 0);
	return true;
}

bool store_ca_devices_count(struct store *store, int64_t ca_id, int64_t now,
			    struct store_ca_devices *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };

	return reader_take(store, &reader, err) &&
	       count_rows(&reader,
			  "SELECT count(DISTINCT subject_index) FROM certificate "
			  "WHERE ca_id = $1 AND state = 1 AND purpose = 0",
			  ca_id, 0, &ret->issued, err) &&
	       count_rows(&reader,
			  "SELECT count(DISTINCT o.subject_index) FROM certificate o "
			  "WHERE o.ca_id = $1 AND o.state = 1 AND o.purpose = 0 "
			  "AND o.not_after >= $2 AND NOT EXISTS "
			  "(SELECT 1 FROM certificate n WHERE n.subject_index = o.subject_index "
			  "AND n.id > o.id AND n.state = 1 AND n.ca_id <> o.ca_id)",
			  ca_id, now, &ret->left, err);
}

/* -- who fetched -- */

enum fetch_kind { FETCH_BY_ADDRESS, FETCH_BY_DEVICE };

static bool find_device(struct db *db, int64_t account_id, const struct fetch *fetch,
			bool *ret_found, int64_t *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db,
			"SELECT subject_index FROM certificate WHERE key_index = $1 "
			"AND key_hash = $2 AND account_id = $3 AND purpose = 0 "
			"ORDER BY created DESC LIMIT 1",
			&query, err))
		return false;
	db_bind_int64(query, 1, hash_index(fetch->key_hash));
	db_bind_bytes(query, 2, (struct bytes){ fetch->key_hash, KEY_HASH_LEN });
	db_bind_int64(query, 3, account_id);
	if (!db_step(query, ret_found, err))
		return false;
	if (*ret_found)
		*ret = db_int64(query, 0);
	return true;
}

/* Who has one address of an IPv6 network has all of its /64. */
static bool address_index(const struct address *peer, int64_t *ret, struct error *err)
{
	unsigned char hash[HASH_LEN];
	struct bytes octets = { peer->bytes, address_is_v4(peer) ? 16 : 8 };

	if (!hash_sha256(octets, hash, err))
		return false;
	*ret = hash_index(hash);
	return true;
}

static bool insert_fetch(struct db *db, int64_t rollover_id, enum fetch_kind kind, int64_t who,
			 int64_t *ret_inserted, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(db,
			"INSERT INTO rollover_fetch (rollover_id, kind, who) SELECT $1, $2, $3 "
			"WHERE NOT EXISTS (SELECT 1 FROM rollover_fetch_count "
			"WHERE rollover_id = $1 AND kind = $2 AND fetches >= $4) "
			"ON CONFLICT (rollover_id, kind, who) DO NOTHING",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, rollover_id);
	db_bind_int64(insertion, 2, kind);
	db_bind_int64(insertion, 3, who);
	db_bind_int64(insertion, 4, ROLLOVER_FETCHES_MAX);
	return db_run(insertion, ret_inserted, err);
}

static bool count_fetch(struct db *db, int64_t rollover_id, enum fetch_kind kind, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(db,
			"INSERT INTO rollover_fetch_count (rollover_id, kind, fetches) "
			"VALUES ($1, $2, 1) ON CONFLICT (rollover_id, kind) "
			"DO UPDATE SET fetches = rollover_fetch_count.fetches + 1",
			&update, err))
		return false;
	db_bind_int64(update, 1, rollover_id);
	db_bind_int64(update, 2, kind);
	return db_run(update, NULL, err);
}

bool store_rollover_note_fetch(struct store_tx *tx, int64_t rollover_id, int64_t account_id,
			       const struct fetch *fetch, struct error *err)
{
	bool by_device = false;
	int64_t who = 0, inserted = 0;

	if (fetch->has_key && !find_device(tx_db(tx), account_id, fetch, &by_device, &who, err))
		return false;
	if (!by_device && !address_index(&fetch->peer, &who, err))
		return false;

	enum fetch_kind kind = by_device ? FETCH_BY_DEVICE : FETCH_BY_ADDRESS;
	if (!insert_fetch(tx_db(tx), rollover_id, kind, who, &inserted, err))
		return false;
	return inserted == 0 || count_fetch(tx_db(tx), rollover_id, kind, err);
}

static bool read_fetches(struct reader *reader, int64_t rollover_id, enum fetch_kind kind,
			 int64_t *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!db_prepare(reader->db,
			"SELECT fetches FROM rollover_fetch_count "
			"WHERE rollover_id = $1 AND kind = $2",
			&query, err))
		return false;
	db_bind_int64(query, 1, rollover_id);
	db_bind_int64(query, 2, kind);
	if (!db_step(query, &row, err))
		return false;
	*ret = row ? db_int64(query, 0) : 0;
	return true;
}

bool store_rollover_fetches(struct store *store, int64_t rollover_id, struct store_fetches *ret,
			    struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };

	return reader_take(store, &reader, err) &&
	       read_fetches(&reader, rollover_id, FETCH_BY_DEVICE, &ret->devices, err) &&
	       read_fetches(&reader, rollover_id, FETCH_BY_ADDRESS, &ret->addresses, err);
}
