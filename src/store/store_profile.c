#include "store/store_private.h"
#include "store/store_config.h"

#include <inttypes.h>

#include "model/profile_json.h"

#define VERSIONS_SHOWN 100

_Static_assert(PROFILE_ACTIVE == 0 && PROFILE_SUSPENDED == 1, "profile.state");

/* -- versions -- */

static bool insert_version(struct db *db, const struct profile *profile, int64_t id,
			   int64_t version, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;
	CLEANUP(json_decrefp) json_t *json = profile_to_json(profile);
	CLEANUP(freep) char *settings = json ? json_dumps(json, JSON_COMPACT) : NULL;

	if (!settings)
		return error_set(err, REASON_NO_MEMORY, "profile");
	if (!db_prepare(db,
			"INSERT INTO profile_version (profile_id, version, created, settings) "
			"VALUES ($1, $2, $3, $4)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, id);
	db_bind_int64(insertion, 2, version);
	db_bind_int64(insertion, 3, clock_now(&clock_system));
	db_bind_text(insertion, 4, settings);
	return db_run(insertion, NULL, err);
}

bool store_profile_version_list(struct store *store, int64_t profile_id,
				bool (*each)(void *context, int64_t version, int64_t created,
					     const char *settings),
				void *context, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT version, created, settings FROM profile_version "
			"WHERE profile_id = $1 ORDER BY version DESC LIMIT $2",
			&query, err))
		return false;
	db_bind_int64(query, 1, profile_id);
	db_bind_int64(query, 2, VERSIONS_SHOWN);
	for (;;) {
		if (!db_step(query, &row, err))
			return false;
		if (!row ||
		    !each(context, db_int64(query, 0), db_int64(query, 1), db_text(query, 2)))
			return true;
	}
}

/* -- labels -- */

static bool reserve_label(struct db *db, const char *label, int64_t profile_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(db,
			"INSERT INTO label (label, profile_id) VALUES ($1, $2) "
			"ON CONFLICT (label) DO NOTHING",
			&insertion, err))
		return false;
	db_bind_text(insertion, 1, label);
	db_bind_int64(insertion, 2, profile_id);
	return db_run(insertion, NULL, err);
}

/* Taken once, a label stays with its profile: a device that still calls by it must never reach
 * another. */
static bool take_label(struct db *db, const char *label, int64_t profile_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reserve_label(db, label, profile_id, err) ||
	    !db_prepare(db, "SELECT profile_id FROM label WHERE label = $1", &query, err))
		return false;
	db_bind_text(query, 1, label);
	if (!db_step_row(query, err))
		return false;
	return db_int64(query, 0) == profile_id ||
	       error_set(err, REASON_CONFLICT, "the label %s is or was another profile's", label);
}

static bool take_labels(struct db *db, const struct profile *profile, int64_t id, struct error *err)
{
	for (size_t i = 0; i < profile->alias_count; i++)
		if (!take_label(db, profile->aliases[i], id, err))
			return false;
	return true;
}

/* -- profiles -- */

static bool insert_profile(struct db *db, const struct profile *profile, int64_t *ret_id,
			   struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(db,
			"INSERT INTO profile (account_id, ca_id, name, oid, state, version) "
			"VALUES ($1, $2, $3, $4, $5, 1)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, profile->account_id);
	db_bind_int64(insertion, 2, profile->ca_id);
	db_bind_text(insertion, 3, profile->name);
	db_bind_text(insertion, 4, profile->oid);
	db_bind_int64(insertion, 5, profile->state);
	return db_insert(insertion, ret_id, err);
}

bool store_profile_insert(struct store_tx *tx, const struct profile *profile, int64_t *ret_id,
			  struct error *err)
{
	struct db *db = tx_db(tx);
	int64_t id = 0;

	if (!insert_profile(db, profile, &id, err) || !insert_version(db, profile, id, 1, err) ||
	    !take_label(db, profile->oid, id, err) || !take_labels(db, profile, id, err) ||
	    !catalog_raise(tx, err))
		return false;
	*ret_id = id;
	return true;
}

static bool check_exists(struct db *db, const struct profile *profile, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!db_prepare(db, "SELECT version FROM profile WHERE id = $1 AND account_id = $2", &query,
			err))
		return false;
	db_bind_int64(query, 1, profile->id);
	db_bind_int64(query, 2, profile->account_id);
	if (!db_step(query, &row, err))
		return false;
	if (!row)
		return error_set(err, REASON_NOT_FOUND, "no such profile");
	return error_set(err, REASON_CONFLICT,
			 "the profile was changed meanwhile: it is at version %" PRId64
			 ", the change was made to %" PRId64,
			 db_int64(query, 0), profile->version);
}

static bool raise_version(struct db *db, const struct profile *profile, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;
	int64_t changed = 0;

	if (!db_prepare(db,
			"UPDATE profile SET ca_id = $1, name = $2, version = version + 1 "
			"WHERE id = $3 AND account_id = $4 AND version = $5",
			&update, err))
		return false;
	db_bind_int64(update, 1, profile->ca_id);
	db_bind_text(update, 2, profile->name);
	db_bind_int64(update, 3, profile->id);
	db_bind_int64(update, 4, profile->account_id);
	db_bind_int64(update, 5, profile->version);
	if (!db_run(update, &changed, err))
		return false;
	return changed || check_exists(db, profile, err);
}

bool store_profile_update(struct store_tx *tx, const struct profile *profile, struct error *err)
{
	struct db *db = tx_db(tx);

	return raise_version(db, profile, err) &&
	       insert_version(db, profile, profile->id, profile->version + 1, err) &&
	       take_labels(db, profile, profile->id, err) && catalog_raise(tx, err);
}

bool store_profile_set_state(struct store_tx *tx, int64_t account_id, int64_t id,
			     enum profile_state state, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(tx_db(tx),
			"UPDATE profile SET state = $1 WHERE id = $2 AND account_id = $3", &update,
			err))
		return false;
	db_bind_int64(update, 1, state);
	db_bind_int64(update, 2, id);
	db_bind_int64(update, 3, account_id);
	return run_on_existing(update, "profile", err) && catalog_raise(tx, err);
}

bool store_default_profile_set(struct store_tx *tx, int64_t profile_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(tx_db(tx), "UPDATE catalog SET default_profile_id = $1 WHERE id = 1",
			&update, err))
		return false;
	if (profile_id)
		db_bind_int64(update, 1, profile_id);
	return run_on_existing(update, "catalog", err) && catalog_raise(tx, err);
}
