#include "store/store_device_code.h"

#include "base/secret.h"
#include "store/store_private.h"

#define COLUMNS                                                                                    \
	"id, profile_id, device_id, kind, verifier, created, ends, uses_max, uses, failures, "     \
	"locked_at"

/* -- reading -- */

static bool code_of_row(const struct db_statement *row, struct device_code *ret, struct error *err)
{
	struct bytes verifier = db_bytes(row, 4);
	struct device_code code = {
		.id = db_int64(row, 0),
		.profile_id = db_int64(row, 1),
		.device_id = db_int64(row, 2),
		.kind = (enum verifier_kind)db_int64(row, 3),
		.verifier_len = verifier.len,
		.created = db_int64(row, 5),
		.ends = db_int64(row, 6),
		.uses_max = db_int64(row, 7),
		.uses = db_int64(row, 8),
		.failures = db_int64(row, 9),
		.locked_at = db_int64(row, 10),
	};

	if (verifier.len == 0 || verifier.len > sizeof code.verifier ||
	    (unsigned int)code.kind > VERIFIER_ARGON2ID)
		return error_set(err, REASON_STORE_CORRUPT, "a device code's verifier");
	memcpy(code.verifier, verifier.data, verifier.len);
	*ret = code;
	return true;
}

static bool read_one(struct db_statement *query, struct device_code *ret, struct error *err)
{
	bool row = false;

	if (!db_step(query, &row, err))
		return false;
	if (!row)
		return error_set(err, REASON_NOT_FOUND, "no such device code");
	return code_of_row(query, ret, err);
}

bool store_device_code_find(struct store_tx *tx, int64_t id, struct device_code *ret,
			    struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(tx_db(tx), "SELECT " COLUMNS " FROM device_code WHERE id = $1", &query,
			err))
		return false;
	db_bind_int64(query, 1, id);
	return read_one(query, ret, err);
}

bool store_device_code_find_by_device(struct store_tx *tx, int64_t device_id,
				      struct device_code *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(tx_db(tx),
			"SELECT " COLUMNS " FROM device_code "
			"WHERE device_id = $1 AND device_id <> 0",
			&query, err))
		return false;
	db_bind_int64(query, 1, device_id);
	return read_one(query, ret, err);
}

bool store_device_code_any(struct store *store, int64_t profile_id, bool *ret_any,
			   struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db, "SELECT id FROM device_code WHERE profile_id = $1 LIMIT 1",
			&query, err))
		return false;
	db_bind_int64(query, 1, profile_id);
	return db_step(query, ret_any, err);
}

/* The index knows 64 bits of a hash that is keyed; the rest is compared in constant time. */
bool store_device_code_find_by_hash(struct store_tx *tx, int64_t profile_id,
				    const unsigned char hash[HASH_LEN], struct device_code *ret,
				    struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	const struct bytes wanted = { hash, HASH_LEN };
	struct device_code code;

	if (!db_prepare(tx_db(tx),
			"SELECT " COLUMNS " FROM device_code "
			"WHERE verifier_index = $1 AND profile_id = $2 AND kind = 0",
			&query, err))
		return false;
	db_bind_int64(query, 1, hash_index(hash));
	db_bind_int64(query, 2, profile_id);
	for (;;) {
		if (!read_one(query, &code, err))
			return false;
		if (secret_equal((struct bytes){ code.verifier, code.verifier_len }, wanted))
			break;
	}
	*ret = code;
	return true;
}

/* -- writing -- */

static bool delete_present(struct db *db, int64_t device_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(db, "DELETE FROM device_code WHERE device_id = $1 AND device_id <> 0",
			&deletion, err))
		return false;
	db_bind_int64(deletion, 1, device_id);
	return db_run(deletion, NULL, err);
}

static bool check_code(const struct device_code *code, struct error *err)
{
	if (code->verifier_len == 0 || code->verifier_len > sizeof code->verifier ||
	    (code->kind == VERIFIER_HMAC && code->verifier_len != HASH_LEN))
		return error_set(err, REASON_INVALID, "a code's verifier of %zu octets",
				 code->verifier_len);
	return true;
}

bool store_device_code_insert(struct store_tx *tx, const struct device_code *code, int64_t *ret_id,
			      struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!check_code(code, err) || !delete_present(tx_db(tx), code->device_id, err) ||
	    !db_prepare(tx_db(tx),
			"INSERT INTO device_code (profile_id, device_id, kind, verifier_index, "
			"verifier, created, ends, uses_max, uses, failures, locked_at) "
			"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, 0, 0)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, code->profile_id);
	db_bind_int64(insertion, 2, code->device_id);
	db_bind_int64(insertion, 3, code->kind);
	db_bind_int64(insertion, 4, code->kind == VERIFIER_HMAC ? hash_index(code->verifier) : 0);
	db_bind_bytes(insertion, 5, (struct bytes){ code->verifier, code->verifier_len });
	db_bind_int64(insertion, 6, code->created);
	db_bind_int64(insertion, 7, code->ends);
	db_bind_int64(insertion, 8, code->uses_max);
	return db_insert(insertion, ret_id, err);
}

bool store_device_code_use(struct store_tx *tx, int64_t id, int64_t now, bool *ret_used,
			   struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;
	int64_t changed = 0;

	if (!db_prepare(tx_db(tx),
			"UPDATE device_code SET uses = uses + 1, failures = 0 WHERE id = $1 "
			"AND uses < uses_max AND locked_at = 0 AND (ends = 0 OR ends > $2)",
			&update, err))
		return false;
	db_bind_int64(update, 1, id);
	db_bind_int64(update, 2, now);
	if (!db_run(update, &changed, err))
		return false;
	*ret_used = changed > 0;
	return true;
}

static bool count_failure(struct db *db, int64_t device_id, unsigned int tries, int64_t now,
			  struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(db,
			"UPDATE device_code SET failures = failures + 1, locked_at = "
			"CASE WHEN locked_at = 0 AND $1 > 0 AND failures + 1 >= $1 THEN $2 "
			"ELSE locked_at END WHERE device_id = $3 AND device_id <> 0",
			&update, err))
		return false;
	db_bind_int64(update, 1, tries);
	db_bind_int64(update, 2, now);
	db_bind_int64(update, 3, device_id);
	return db_run(update, NULL, err);
}

bool store_device_code_note_failure(struct store_tx *tx, int64_t device_id, unsigned int tries,
				    int64_t now, bool *ret_locked, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!count_failure(tx_db(tx), device_id, tries, now, err) ||
	    !db_prepare(tx_db(tx),
			"SELECT locked_at FROM device_code "
			"WHERE device_id = $1 AND device_id <> 0 AND locked_at <> 0",
			&query, err))
		return false;
	db_bind_int64(query, 1, device_id);
	if (!db_step(query, &row, err))
		return false;
	*ret_locked = row;
	return true;
}

bool store_device_code_unlock(struct store_tx *tx, int64_t device_id, bool *ret_was_locked,
			      struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;
	int64_t changed = 0;

	if (!db_prepare(tx_db(tx),
			"UPDATE device_code SET failures = 0, locked_at = 0 "
			"WHERE device_id = $1 AND device_id <> 0 AND locked_at <> 0",
			&update, err))
		return false;
	db_bind_int64(update, 1, device_id);
	if (!db_run(update, &changed, err))
		return false;
	*ret_was_locked = changed > 0;
	return true;
}
