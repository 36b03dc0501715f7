#include "store/store_certificate.h"

#include <inttypes.h>

#include "store/certificate_row.h"

/* -- issuing -- */

static bool check_contents(const struct certificate *certificate, struct error *err)
{
	if (certificate->serial_len == 0 || certificate->serial_len > sizeof certificate->serial)
		return error_set(err, REASON_INVALID, "a serial of %zu octets",
				 certificate->serial_len);
	if (!certificate->subject || !certificate->der_len)
		return error_set(err, REASON_INVALID, "a certificate without subject or contents");
	return true;
}

static void bind_known_text(struct db_statement *statement, int place, const char *text)
{
	db_bind_text(statement, place, text ? text : "");
}

static void bind_row(struct db_statement *insertion, const struct certificate *certificate,
		     enum certificate_state state, int64_t subject)
{
	const struct certificate *c = certificate;

	db_bind_int64(insertion, 1, c->account_id);
	db_bind_int64(insertion, 2, c->ca_id);
	db_bind_int64(insertion, 3, c->profile_id);
	db_bind_int64(insertion, 4, c->profile_version);
	db_bind_int64(insertion, 5, c->purpose);
	if (c->operation != EST_OPERATION_COUNT)
		db_bind_int64(insertion, 6, c->operation);
	db_bind_bytes(insertion, 7, (struct bytes){ c->serial, c->serial_len });
	db_bind_int64(insertion, 8, c->not_before);
	db_bind_int64(insertion, 9, c->not_after);
	db_bind_int64(insertion, 10, c->created);
	db_bind_int64(insertion, 11, hash_index(c->key_hash));
	db_bind_bytes(insertion, 12, (struct bytes){ c->key_hash, KEY_HASH_LEN });
	db_bind_bytes(insertion, 13, (struct bytes){ c->identity_hash, KEY_HASH_LEN });
	db_bind_int64(insertion, 14, subject);
	db_bind_int64(insertion, 15, c->renews_id);
	db_bind_text(insertion, 16, c->subject);
	bind_known_text(insertion, 17, c->san);
	bind_known_text(insertion, 18, c->peer);
	bind_known_text(insertion, 19, c->requested_by);
	bind_known_text(insertion, 20, c->request_id);
	db_bind_bytes(insertion, 21, (struct bytes){ c->der, c->der_len });
	db_bind_int64(insertion, 22, state);
}

static bool insert(struct store_tx *tx, const struct certificate *certificate,
		   enum certificate_state state, int64_t *ret_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;
	int64_t subject = 0;

	if (!check_contents(certificate, err) ||
	    !subject_index(certificate->profile_id, certificate->subject,
			   certificate->san ? certificate->san : "", &subject, err) ||
	    !db_prepare(tx_db(tx),
			"INSERT INTO certificate (account_id, ca_id, profile_id, profile_version, "
			"purpose, operation, serial, not_before, not_after, created, key_index, "
			"key_hash, identity_hash, subject_index, renews_id, subject, san, peer, "
			"requested_by, request_id, der, state, renewed_by_id, revoked_at, "
			"revocation_reason, invalidity_date) "
			"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, "
			"$16, $17, $18, $19, $20, $21, $22, 0, 0, 0, 0)",
			&insertion, err))
		return false;
	bind_row(insertion, certificate, state, subject);
	return db_insert(insertion, ret_id, err);
}

bool store_certificate_insert_intent(struct store_tx *tx, const struct certificate *certificate,
				     int64_t *ret_id, struct error *err)
{
	return insert(tx, certificate, CERTIFICATE_INTENT, ret_id, err);
}

/* Within its account only; a certificate that renews none touches none. */
static bool note_renewal(struct db *db, int64_t renewed_id, int64_t id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(db,
			"UPDATE certificate SET renewed_by_id = $1 WHERE id = $2 "
			"AND account_id = (SELECT account_id FROM certificate WHERE id = $1)",
			&update, err))
		return false;
	db_bind_int64(update, 1, id);
	db_bind_int64(update, 2, renewed_id);
	return run_on_existing(update, "certificate to renew", err);
}

static bool read_renewed(struct db *db, int64_t id, int64_t *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db, "SELECT renews_id FROM certificate WHERE id = $1", &query, err))
		return false;
	db_bind_int64(query, 1, id);
	if (!db_step_row(query, err))
		return false;
	*ret = db_int64(query, 0);
	return true;
}

static bool issue(struct db *db, int64_t id, struct bytes der, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(db,
			"UPDATE certificate SET state = 1, der = $1 WHERE id = $2 AND state = 0",
			&update, err))
		return false;
	db_bind_bytes(update, 1, der);
	db_bind_int64(update, 2, id);
	return run_on_existing(update, "intent", err);
}

bool store_certificate_complete(struct store_tx *tx, int64_t id, struct bytes der,
				struct error *err)
{
	struct db *db = tx_db(tx);
	int64_t renewed_id = 0;

	if (!issue(db, id, der, err) || !read_renewed(db, id, &renewed_id, err))
		return false;
	return !renewed_id || note_renewal(db, renewed_id, id, err);
}

bool store_certificate_insert(struct store_tx *tx, const struct certificate *certificate,
			      int64_t *ret_id, struct error *err)
{
	int64_t id = 0;

	if (!insert(tx, certificate, CERTIFICATE_ISSUED, &id, err))
		return false;
	*ret_id = id;
	return !certificate->renews_id || note_renewal(tx_db(tx), certificate->renews_id, id, err);
}

bool store_certificate_abandon_intents(struct store_tx *tx, size_t *ret_count, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;
	int64_t changed = 0;

	if (!db_prepare(tx_db(tx),
			"UPDATE certificate SET state = 3 WHERE state <> 1 AND state = 0", &update,
			err) ||
	    !db_run(update, &changed, err))
		return false;
	*ret_count = (size_t)changed;
	return true;
}

/* -- finding -- */

static bool read_one(struct db_statement *query, const char *what, struct certificate *ret,
		     struct error *err)
{
	bool row = false;

	if (!db_step(query, &row, err))
		return false;
	if (!row)
		return error_set(err, REASON_NOT_FOUND, "no such %s", what);
	return certificate_of_row(query, ret, err);
}

static bool find_by_id(struct db *db, int64_t id, struct certificate *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db, "SELECT " CERTIFICATE_COLUMNS " FROM certificate WHERE id = $1", &query,
			err))
		return false;
	db_bind_int64(query, 1, id);
	return read_one(query, "certificate", ret, err);
}

bool store_certificate_find(struct store *store, int64_t id, struct certificate *ret,
			    struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };

	return reader_take(store, &reader, err) && find_by_id(reader.db, id, ret, err);
}

bool store_certificate_find_tx(struct store_tx *tx, int64_t id, struct certificate *ret,
			       struct error *err)
{
	return find_by_id(tx_db(tx), id, ret, err);
}

static bool find_by_serial(struct db *db, int64_t ca_id, struct bytes serial,
			   struct certificate *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db,
			"SELECT " CERTIFICATE_COLUMNS " FROM certificate "
			"WHERE ca_id = $1 AND serial = $2",
			&query, err))
		return false;
	db_bind_int64(query, 1, ca_id);
	db_bind_bytes(query, 2, serial);
	return read_one(query, "serial", ret, err);
}

bool store_certificate_find_by_serial(struct store *store, int64_t ca_id, struct bytes serial,
				      struct certificate *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };

	return reader_take(store, &reader, err) &&
	       find_by_serial(reader.db, ca_id, serial, ret, err);
}

bool store_certificate_find_by_serial_tx(struct store_tx *tx, int64_t ca_id, struct bytes serial,
					 struct certificate *ret, struct error *err)
{
	return find_by_serial(tx_db(tx), ca_id, serial, ret, err);
}

bool store_certificate_find_recent(struct store_tx *tx, int64_t profile_id,
				   const unsigned char *key_hash,
				   const unsigned char *identity_hash, int64_t since,
				   struct certificate *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(tx_db(tx),
			"SELECT " CERTIFICATE_COLUMNS " FROM certificate "
			"WHERE key_index = $1 AND created >= $2 AND key_hash = $3 "
			"AND identity_hash = $4 AND profile_id = $5 AND state = 1 "
			"ORDER BY created DESC, id DESC LIMIT 1",
			&query, err))
		return false;
	db_bind_int64(query, 1, hash_index(key_hash));
	db_bind_int64(query, 2, since);
	db_bind_bytes(query, 3, (struct bytes){ key_hash, KEY_HASH_LEN });
	db_bind_bytes(query, 4, (struct bytes){ identity_hash, KEY_HASH_LEN });
	db_bind_int64(query, 5, profile_id);
	return read_one(query, "recent certificate", ret, err);
}

static bool find_by_subject(struct db *db, int64_t profile_id, const char *subject,
			    struct certificate *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	int64_t index = 0;

	if (!subject_index(profile_id, subject, "", &index, err) ||
	    !db_prepare(db,
			"SELECT " CERTIFICATE_COLUMNS " FROM certificate "
			"WHERE subject_index = $1 AND profile_id = $2 AND subject = $3 "
			"AND (state = 1 OR state = 2) ORDER BY id DESC LIMIT 1",
			&query, err))
		return false;
	db_bind_int64(query, 1, index);
	db_bind_int64(query, 2, profile_id);
	db_bind_text(query, 3, subject);
	return read_one(query, "subject", ret, err);
}

bool store_certificate_find_by_subject(struct store *store, int64_t profile_id, const char *subject,
				       struct certificate *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };

	return reader_take(store, &reader, err) &&
	       find_by_subject(reader.db, profile_id, subject, ret, err);
}

bool store_certificate_find_by_subject_tx(struct store_tx *tx, int64_t profile_id,
					  const char *subject, struct certificate *ret,
					  struct error *err)
{
	return find_by_subject(tx_db(tx), profile_id, subject, ret, err);
}

static bool count_holder(struct db_statement *query, const struct store_holder *holder,
			 unsigned int *ret, struct error *err)
{
	unsigned int count = 0;

	for (;;) {
		bool row = false;

		if (!db_step(query, &row, err))
			return false;
		if (!row)
			break;
		count += holder_is_same(holder->subject, holder->san, db_text(query, 0),
					db_text(query, 1));
	}
	*ret = count;
	return true;
}

bool store_certificate_count_of_holder(struct store_tx *tx, const struct store_holder *holder,
				       int64_t except_id, int64_t now, unsigned int *ret,
				       struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	int64_t index = 0;

	if (!subject_index(holder->profile_id, holder->subject, holder->san, &index, err) ||
	    !db_prepare(tx_db(tx),
			"SELECT subject, san FROM certificate "
			"WHERE subject_index = $1 AND profile_id = $2 AND id <> $3 "
			"AND renewed_by_id = 0 AND not_after >= $4 "
			"AND (state = 1 OR (state = 2 AND revoked_at > $4))",
			&query, err))
		return false;
	db_bind_int64(query, 1, index);
	db_bind_int64(query, 2, holder->profile_id);
	db_bind_int64(query, 3, except_id);
	db_bind_int64(query, 4, now);
	return count_holder(query, holder, ret, err);
}

bool store_certificate_newest(struct store_tx *tx, int64_t *ret_created, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!db_prepare(tx_db(tx),
			"SELECT created FROM certificate WHERE state = 1 ORDER BY id DESC LIMIT 1",
			&query, err) ||
	    !db_step(query, &row, err))
		return false;
	*ret_created = row ? db_int64(query, 0) : 0;
	return true;
}

/* A certificate that was revoked only because a newer one took its place says nothing against its
 * key: a renewal may keep it.
 * The plus keeps the planner from the account's index, by which it would read every certificate of
 * the account rather than the few of the key. */
bool store_key_use_find(struct store *store, int64_t account_id, const unsigned char *key_hash,
			const char *subject, int64_t now, struct store_key_use *ret,
			struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT count(*), "
			"coalesce(max(CASE WHEN subject <> $1 AND not_after >= $2 "
			"AND (state = 1 OR revoked_at > $2) THEN 1 ELSE 0 END), 0), "
			"coalesce(max(CASE WHEN state = 2 AND revoked_at <= $2 "
			"AND revocation_reason <> $3 THEN 1 ELSE 0 END), 0) "
			"FROM certificate WHERE key_index = $4 AND key_hash = $5 "
			"AND +account_id = $6 AND (state = 1 OR state = 2)",
			&query, err))
		return false;
	db_bind_text(query, 1, subject);
	db_bind_int64(query, 2, now);
	db_bind_int64(query, 3, REVOKED_SUPERSEDED);
	db_bind_int64(query, 4, hash_index(key_hash));
	db_bind_bytes(query, 5, (struct bytes){ key_hash, KEY_HASH_LEN });
	db_bind_int64(query, 6, account_id);
	if (!db_step_row(query, err))
		return false;
	*ret = (struct store_key_use){
		.used = db_int64(query, 0) > 0,
		.used_by_other = db_int64(query, 1) > 0,
		.revoked = db_int64(query, 2) > 0,
	};
	return true;
}
