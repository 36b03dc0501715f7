#include "store/store_private.h"

#include <inttypes.h>

#include "model/profile_json.h"

bool catalog_raise(struct store_tx *tx, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	return db_prepare(tx_db(tx), "UPDATE catalog SET version = version + 1 WHERE id = 1",
			  &update, err) &&
	       run_on_existing(update, "catalog", err);
}

/* -- reading rows -- */

/* A zeroed array with room for all rows of a table, and one. */
static bool make_room(struct db *db, const char *count_sql, size_t item_size, void *ret_array,
		      struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db, count_sql, &query, err) || !db_step_row(query, err))
		return false;
	void *array = calloc((size_t)db_int64(query, 0) + 1, item_size);
	if (!array)
		return error_set(err, REASON_NO_MEMORY, "catalog");
	*(void **)ret_array = array;
	return true;
}

/* Calls `load` for each row until it fails. */
static bool load_rows(struct db *db, const char *sql, struct catalog *catalog,
		      bool (*load)(struct db *, const struct db_statement *, struct catalog *,
				   struct error *),
		      struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db, sql, &query, err))
		return false;
	for (;;) {
		bool row = false;

		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		if (!load(db, query, catalog, err))
			return false;
	}
}

/* The key is decoded here because the catalog is then read by many threads. What was a good
 * certificate when it was stored and is none now was damaged. */
static bool load_cert(const struct db_statement *row, int column, struct cert **ret,
		      struct error *err)
{
	struct error failure = { 0 };

	if (!cert_parse(db_bytes(row, column), ret, &failure))
		return error_set(err, REASON_STORE_CORRUPT, "a stored certificate: %s",
				 failure.detail);
	(void)cert_key(*ret);
	return true;
}

/* -- accounts -- */

static bool read_ranges(struct db_statement *query, struct address_range *ranges, size_t *ret_count,
			struct error *err)
{
	for (*ret_count = 0;; ++*ret_count) {
		struct address_range *range = &ranges[*ret_count];
		bool row = false;

		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		if (!db_bytes_exact(query, 0, range->first.bytes, sizeof range->first.bytes, err) ||
		    !db_bytes_exact(query, 1, range->last.bytes, sizeof range->last.bytes, err))
			return false;
	}
}

static bool load_allowed(struct db *db, struct account *account, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	CLEANUP(freep) struct address_range *ranges = NULL;
	size_t count = 0;

	if (!make_room(db, "SELECT count(*) FROM address", sizeof *ranges, &ranges, err) ||
	    !db_prepare(db, "SELECT first_address, last_address FROM address WHERE account_id = $1",
			&query, err))
		return false;
	db_bind_int64(query, 1, account->id);
	return read_ranges(query, ranges, &count, err) &&
	       address_set_make(ranges, count, &account->allowed, err);
}

static bool load_account(struct db *db, const struct db_statement *row, struct catalog *catalog,
			 struct error *err)
{
	struct account *account = &catalog->accounts[catalog->account_count++];

	account->id = db_int64(row, 0);
	return db_text_copy(row, 1, &account->name, err) &&
	       db_text_copy(row, 2, &account->oid_arc, err) && load_allowed(db, account, err);
}

static bool load_accounts(struct db *db, struct catalog *catalog, struct error *err)
{
	return make_room(db, "SELECT count(*) FROM account", sizeof *catalog->accounts,
			 &catalog->accounts, err) &&
	       load_rows(db, "SELECT id, name, oid_arc FROM account ORDER BY id", catalog,
			 load_account, err);
}

/* -- certification authorities and anchors -- */

static bool read_chain(struct db_statement *query, struct ca *ca, struct error *err)
{
	for (;; ca->chain_count++) {
		bool row = false;

		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		if (!load_cert(query, 0, &ca->chain[ca->chain_count], err))
			return false;
	}
}

static bool load_chain(struct db *db, struct ca *ca, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!make_room(db, "SELECT count(*) FROM ca_chain", sizeof(struct cert *), &ca->chain,
		       err) ||
	    !db_prepare(db, "SELECT cert FROM ca_chain WHERE ca_id = $1 ORDER BY place", &query,
			err))
		return false;
	db_bind_int64(query, 1, ca->id);
	return read_chain(query, ca, err);
}

static bool read_former(struct db_statement *query, struct ca *ca, struct error *err)
{
	for (;; ca->former_count++) {
		bool row = false;

		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		if (!load_cert(query, 0, &ca->former[ca->former_count], err))
			return false;
	}
}

static bool load_former(struct db *db, struct ca *ca, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!make_room(db, "SELECT count(*) FROM ca_former_cert", sizeof(struct cert *),
		       &ca->former, err) ||
	    !db_prepare(db, "SELECT cert FROM ca_former_cert WHERE ca_id = $1 ORDER BY id", &query,
			err))
		return false;
	db_bind_int64(query, 1, ca->id);
	return read_former(query, ca, err);
}

static enum signature_algorithm read_signature(const struct db_statement *row, int column)
{
	char text[SIGNATURE_TEXT_MAX + 1];
	struct bytes value = db_bytes(row, column);

	snprintf(text, sizeof text, "%.*s", (int)value.len, (const char *)value.data);
	return signature_algorithm_by_text(text);
}

static bool load_ca(struct db *db, const struct db_statement *row, struct catalog *catalog,
		    struct error *err)
{
	struct ca *ca = &catalog->cas[catalog->ca_count++];

	ca->id = db_int64(row, 0);
	ca->account_id = db_int64(row, 1);
	ca->state = (enum ca_state)db_int64(row, 4);
	ca->parent_id = db_int64(row, 5);
	ca->signature = read_signature(row, 7);
	return db_text_copy(row, 2, &ca->name, err) && db_text_copy(row, 3, &ca->key_name, err) &&
	       load_cert(row, 6, &ca->cert, err) && load_chain(db, ca, err) &&
	       load_former(db, ca, err);
}

/* Its record stands under the CA that signed it; of what was signed elsewhere there is none. */
static bool read_revoked(struct db *db, struct ca *ca, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db,
			"SELECT id FROM certificate WHERE ca_id = $1 AND serial = $2 AND state = 2",
			&query, err))
		return false;
	db_bind_int64(query, 1, ca->parent_id);
	db_bind_bytes(query, 2, cert_serial(ca->cert));
	return db_step(query, &ca->revoked, err);
}

static bool one_above_is_revoked(const struct catalog *catalog, const struct ca *ca)
{
	size_t steps = 0;

	for (; ca && !ca->revoked && steps < catalog->ca_count; steps++)
		ca = catalog_ca(catalog, ca->parent_id);
	return ca && ca->revoked;
}

static bool load_revoked(struct db *db, struct catalog *catalog, struct error *err)
{
	for (size_t i = 0; i < catalog->ca_count; i++)
		if (!read_revoked(db, &catalog->cas[i], err))
			return false;
	for (size_t i = 0; i < catalog->ca_count; i++)
		catalog->cas[i].revoked = one_above_is_revoked(catalog, &catalog->cas[i]);
	return true;
}

static bool load_cas(struct db *db, struct catalog *catalog, struct error *err)
{
	return make_room(db, "SELECT count(*) FROM ca", sizeof *catalog->cas, &catalog->cas, err) &&
	       load_rows(db,
			 "SELECT id, account_id, name, key_name, state, parent_id, cert, signature "
			 "FROM ca "
			 "ORDER BY id",
			 catalog, load_ca, err) &&
	       load_revoked(db, catalog, err);
}

static bool load_cross(const struct db_statement *row, int column, struct cert **ret,
		       struct error *err)
{
	return db_bytes(row, column).len == 0 || load_cert(row, column, ret, err);
}

static bool load_rollover(struct db *db, const struct db_statement *row, struct catalog *catalog,
			  struct error *err)
{
	struct ca_rollover *rollover = &catalog->rollovers[catalog->rollover_count++];

	(void)db;
	rollover->id = db_int64(row, 0);
	rollover->account_id = db_int64(row, 1);
	rollover->old_ca_id = db_int64(row, 2);
	rollover->new_ca_id = db_int64(row, 3);
	rollover->started = db_int64(row, 4);
	rollover->finished = db_int64(row, 5);
	return load_cross(row, 6, &rollover->old_with_new, err) &&
	       load_cross(row, 7, &rollover->new_with_old, err);
}

static bool load_rollovers(struct db *db, struct catalog *catalog, struct error *err)
{
	return make_room(db, "SELECT count(*) FROM ca_rollover", sizeof *catalog->rollovers,
			 &catalog->rollovers, err) &&
	       load_rows(db,
			 "SELECT id, account_id, old_ca_id, new_ca_id, started, finished, "
			 "old_with_new, new_with_old FROM ca_rollover ORDER BY id",
			 catalog, load_rollover, err);
}

static bool load_anchor(struct db *db, const struct db_statement *row, struct catalog *catalog,
			struct error *err)
{
	struct anchor *anchor = &catalog->anchors[catalog->anchor_count++];

	(void)db;
	anchor->id = db_int64(row, 0);
	anchor->account_id = db_int64(row, 1);
	anchor->ca_id = db_int64(row, 2);
	return load_cert(row, 3, &anchor->cert, err);
}

static bool load_anchors(struct db *db, struct catalog *catalog, struct error *err)
{
	return make_room(db, "SELECT count(*) FROM anchor", sizeof *catalog->anchors,
			 &catalog->anchors, err) &&
	       load_rows(db, "SELECT id, account_id, ca_id, cert FROM anchor ORDER BY id", catalog,
			 load_anchor, err);
}

/* -- profiles -- */

static bool parse_settings(const char *text, struct profile **ret, struct error *err)
{
	json_error_t where;
	CLEANUP(json_decrefp) json_t *json = text ? json_loads(text, 0, &where) : NULL;

	if (!json)
		return error_set(err, REASON_STORE_CORRUPT, "a profile's settings are no JSON");
	return profile_from_json(json, ret, err);
}

/* The row's own columns are what counts: the text was written before the profile had an id. */
static bool load_profile(struct db *db, const struct db_statement *row, struct catalog *catalog,
			 struct error *err)
{
	CLEANUP(profile_freep) struct profile *profile = NULL;

	(void)db;
	if (!parse_settings(db_text(row, 7), &profile, err))
		return false;
	profile->id = db_int64(row, 0);
	profile->account_id = db_int64(row, 1);
	profile->ca_id = db_int64(row, 2);
	profile->state = (enum profile_state)db_int64(row, 5);
	profile->version = db_int64(row, 6);
	free(TAKE(profile->name));
	free(TAKE(profile->oid));
	if (!db_text_copy(row, 3, &profile->name, err) || !db_text_copy(row, 4, &profile->oid, err))
		return false;
	catalog->profiles[catalog->profile_count++] = TAKE(profile);
	return true;
}

static bool load_profiles(struct db *db, struct catalog *catalog, struct error *err)
{
	return make_room(db, "SELECT count(*) FROM profile", sizeof *catalog->profiles,
			 &catalog->profiles, err) &&
	       load_rows(db,
			 "SELECT p.id, p.account_id, p.ca_id, p.name, p.oid, p.state, p.version, "
			 "v.settings FROM profile p JOIN profile_version v "
			 "ON v.profile_id = p.id AND v.version = p.version ORDER BY p.id",
			 catalog, load_profile, err);
}

/* -- passphrases -- */

static bool load_passphrase(struct db *db, const struct db_statement *row, struct catalog *catalog,
			    struct error *err)
{
	struct passphrase *passphrase = &catalog->passphrases[catalog->passphrase_count++];
	struct bytes verifier = db_bytes(row, 3);

	(void)db;
	if (verifier.len == 0 || verifier.len > sizeof passphrase->verifier)
		return error_set(err, REASON_STORE_CORRUPT, "a verifier of %zu bytes",
				 verifier.len);
	passphrase->id = db_int64(row, 0);
	passphrase->profile_id = db_int64(row, 1);
	passphrase->kind = (enum verifier_kind)db_int64(row, 2);
	memcpy(passphrase->verifier, verifier.data, verifier.len);
	passphrase->verifier_len = verifier.len;
	passphrase->created = db_int64(row, 4);
	passphrase->ends = db_int64(row, 5);
	return true;
}

static bool load_passphrases(struct db *db, struct catalog *catalog, struct error *err)
{
	return make_room(db, "SELECT count(*) FROM passphrase", sizeof *catalog->passphrases,
			 &catalog->passphrases, err) &&
	       load_rows(db,
			 "SELECT id, profile_id, kind, verifier, created, ends FROM passphrase "
			 "ORDER BY id",
			 catalog, load_passphrase, err);
}

/* -- RA certificates -- */

static bool read_profile_ids(struct db_statement *query, struct ra_scope *scope, struct error *err)
{
	for (;; scope->profile_count++) {
		bool row = false;

		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		scope->profile_ids[scope->profile_count] = db_int64(query, 0);
	}
}

static bool load_profile_ids(struct db *db, struct ra_scope *scope, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!make_room(db, "SELECT count(*) FROM profile", sizeof *scope->profile_ids,
		       &scope->profile_ids, err) ||
	    !db_prepare(db,
			"SELECT profile_id FROM ra_scope_profile WHERE ra_scope_id = $1 "
			"ORDER BY profile_id",
			&query, err))
		return false;
	db_bind_int64(query, 1, scope->id);
	return read_profile_ids(query, scope, err);
}

static bool read_former_ids(struct db_statement *query, struct ra_scope *scope, struct error *err)
{
	for (bool row = false; scope->former_count < RA_FORMER_MAX; scope->former_count++) {
		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		scope->former_ids[scope->former_count] = db_int64(query, 0);
	}
	return true;
}

static bool load_former_ids(struct db *db, struct ra_scope *scope, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db,
			"SELECT certificate_id FROM ra_scope_former WHERE ra_scope_id = $1 "
			"ORDER BY certificate_id DESC",
			&query, err))
		return false;
	db_bind_int64(query, 1, scope->id);
	return read_former_ids(query, scope, err);
}

static bool load_ra_scope(struct db *db, const struct db_statement *row, struct catalog *catalog,
			  struct error *err)
{
	struct ra_scope *scope = &catalog->ra_scopes[catalog->ra_scope_count++];

	scope->id = db_int64(row, 0);
	scope->account_id = db_int64(row, 1);
	scope->certificate_id = db_int64(row, 2);
	scope->all_profiles = db_int64(row, 4) != 0;
	return db_text_copy(row, 3, &scope->name, err) && load_profile_ids(db, scope, err) &&
	       load_former_ids(db, scope, err);
}

static bool load_ra_scopes(struct db *db, struct catalog *catalog, struct error *err)
{
	return make_room(db, "SELECT count(*) FROM ra_scope", sizeof *catalog->ra_scopes,
			 &catalog->ra_scopes, err) &&
	       load_rows(db,
			 "SELECT id, account_id, certificate_id, name, all_profiles FROM ra_scope "
			 "ORDER BY id",
			 catalog, load_ra_scope, err);
}

/* -- the whole -- */

static bool load_version(struct db *db, struct catalog *catalog, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db, "SELECT version, default_profile_id FROM catalog WHERE id = 1", &query,
			err) ||
	    !db_step_row(query, err))
		return false;
	catalog->version = db_int64(query, 0);
	catalog->default_profile_id = db_int64(query, 1);
	return true;
}

static bool load(struct db *db, struct catalog **ret, struct error *err)
{
	CLEANUP(catalog_unrefp) struct catalog *catalog = calloc(1, sizeof *catalog);

	if (!catalog)
		return error_set(err, REASON_NO_MEMORY, "catalog");
	catalog->references = 1;
	if (!load_version(db, catalog, err) || !load_accounts(db, catalog, err) ||
	    !load_cas(db, catalog, err) || !load_rollovers(db, catalog, err) ||
	    !load_anchors(db, catalog, err) || !load_profiles(db, catalog, err) ||
	    !load_passphrases(db, catalog, err) || !load_ra_scopes(db, catalog, err))
		return false;
	*ret = TAKE(catalog);
	return true;
}

bool store_catalog_load_tx(struct store_tx *tx, struct catalog **ret, struct error *err)
{
	return load(tx_db(tx), ret, err);
}

/* reader_done() ends the snapshot. */
bool store_catalog_load(struct store *store, struct catalog **ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };

	return reader_take(store, &reader, err) && db_begin_read(reader.db, err) &&
	       load(reader.db, ret, err);
}
