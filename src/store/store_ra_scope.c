#include "store/store_private.h"
#include "store/store_config.h"

static bool insert_profile(struct db *db, const struct ra_scope *scope, int64_t id,
			   int64_t profile_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(db,
			"INSERT INTO ra_scope_profile (account_id, ra_scope_id, profile_id) "
			"VALUES ($1, $2, $3)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, scope->account_id);
	db_bind_int64(insertion, 2, id);
	db_bind_int64(insertion, 3, profile_id);
	return db_run(insertion, NULL, err);
}

static bool insert_profiles(struct db *db, const struct ra_scope *scope, int64_t id,
			    struct error *err)
{
	for (size_t i = 0; i < scope->profile_count; i++)
		if (!insert_profile(db, scope, id, scope->profile_ids[i], err))
			return false;
	return true;
}

static bool delete_profiles(struct db *db, int64_t id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(db, "DELETE FROM ra_scope_profile WHERE ra_scope_id = $1", &deletion, err))
		return false;
	db_bind_int64(deletion, 1, id);
	return db_run(deletion, NULL, err);
}

/* The certificate must be one of the same account. */
static bool check_certificate(struct db *db, const struct ra_scope *scope, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!db_prepare(db, "SELECT id FROM certificate WHERE id = $1 AND account_id = $2", &query,
			err))
		return false;
	db_bind_int64(query, 1, scope->certificate_id);
	db_bind_int64(query, 2, scope->account_id);
	if (!db_step(query, &row, err))
		return false;
	return row || error_set(err, REASON_NOT_FOUND, "no such certificate");
}

bool store_ra_scope_insert(struct store_tx *tx, const struct ra_scope *scope, int64_t *ret_id,
			   struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;
	struct db *db = tx_db(tx);
	int64_t id = 0;

	if (!check_certificate(db, scope, err) ||
	    !db_prepare(db,
			"INSERT INTO ra_scope (account_id, certificate_id, name, all_profiles) "
			"VALUES ($1, $2, $3, $4)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, scope->account_id);
	db_bind_int64(insertion, 2, scope->certificate_id);
	db_bind_text(insertion, 3, scope->name);
	db_bind_int64(insertion, 4, scope->all_profiles ? 1 : 0);
	if (!db_insert(insertion, &id, err) || !insert_profiles(db, scope, id, err) ||
	    !catalog_raise(tx, err))
		return false;
	*ret_id = id;
	return true;
}

static bool update_scope(struct db *db, const struct ra_scope *scope, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(db,
			"UPDATE ra_scope SET certificate_id = $1, name = $2, all_profiles = $3 "
			"WHERE id = $4 AND account_id = $5",
			&update, err))
		return false;
	db_bind_int64(update, 1, scope->certificate_id);
	db_bind_text(update, 2, scope->name);
	db_bind_int64(update, 3, scope->all_profiles ? 1 : 0);
	db_bind_int64(update, 4, scope->id);
	db_bind_int64(update, 5, scope->account_id);
	return run_on_existing(update, "RA certificate", err);
}

bool store_ra_scope_update(struct store_tx *tx, const struct ra_scope *scope, struct error *err)
{
	struct db *db = tx_db(tx);

	return check_certificate(db, scope, err) && update_scope(db, scope, err) &&
	       delete_profiles(db, scope->id, err) && insert_profiles(db, scope, scope->id, err) &&
	       catalog_raise(tx, err);
}

/* -- rotating -- */

static bool forget_ended(struct db *db, int64_t scope_id, int64_t now, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(db,
			"DELETE FROM ra_scope_former WHERE ra_scope_id = $1 AND EXISTS "
			"(SELECT 1 FROM certificate WHERE certificate.id = "
			"ra_scope_former.certificate_id AND (not_after < $2 OR "
			"(state = 2 AND revoked_at <= $2)))",
			&deletion, err))
		return false;
	db_bind_int64(deletion, 1, scope_id);
	db_bind_int64(deletion, 2, now);
	return db_run(deletion, NULL, err);
}

static bool check_former_count(struct db *db, const struct ra_scope *scope, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db, "SELECT count(*) FROM ra_scope_former WHERE ra_scope_id = $1", &query,
			err))
		return false;
	db_bind_int64(query, 1, scope->id);
	if (!db_step_row(query, err))
		return false;
	return db_int64(query, 0) < RA_FORMER_MAX ||
	       error_set(err, REASON_CONFLICT,
			 "%d former certificates of %s still hold; revoke them first",
			 RA_FORMER_MAX, scope->name);
}

static bool keep_former(struct db *db, const struct ra_scope *scope, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!check_former_count(db, scope, err) ||
	    !db_prepare(db,
			"INSERT INTO ra_scope_former (certificate_id, account_id, ra_scope_id) "
			"VALUES ($1, $2, $3)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, scope->certificate_id);
	db_bind_int64(insertion, 2, scope->account_id);
	db_bind_int64(insertion, 3, scope->id);
	return db_run(insertion, NULL, err);
}

bool store_ra_scope_rotate(struct store_tx *tx, const struct ra_scope *scope,
			   const struct ra_rotation *rotation, struct error *err)
{
	struct db *db = tx_db(tx);
	struct ra_scope after = *scope;

	after.certificate_id = rotation->certificate_id;
	return check_certificate(db, &after, err) &&
	       forget_ended(db, scope->id, rotation->now, err) &&
	       (!rotation->stays || keep_former(db, scope, err)) && update_scope(db, &after, err) &&
	       catalog_raise(tx, err);
}

/* -- which end -- */

static bool tell_each(struct db_statement *query,
		      void (*each)(void *context, const char *name, int64_t not_after),
		      void *context, struct error *err)
{
	for (bool row = false;;) {
		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		each(context, db_text(query, 0), db_int64(query, 1));
	}
}

bool store_ra_scope_ending(struct store *store, const struct ra_ending *ending,
			   void (*each)(void *context, const char *name, int64_t not_after),
			   void *context, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT ra_scope.name, certificate.not_after FROM ra_scope "
			"JOIN certificate ON certificate.id = ra_scope.certificate_id "
			"WHERE ra_scope.account_id = $1 AND certificate.state = 1 "
			"AND +certificate.not_after >= $2 AND +certificate.not_after < $3 "
			"ORDER BY certificate.not_after LIMIT $4",
			&query, err))
		return false;
	db_bind_int64(query, 1, ending->account_id);
	db_bind_int64(query, 2, ending->from);
	db_bind_int64(query, 3, ending->until);
	db_bind_int64(query, 4, RA_ENDING_MAX);
	return tell_each(query, each, context, err);
}
