#include "store/store_unknown.h"

#include "store/store_private.h"

/* How many may be there beyond STORE_UNKNOWN_MAX: deleting seldom keeps noting cheap. */
#define SURPLUS 256
#define CLOCKS_APART 86400 /* of what is backdated, and of machines */

static bool forget_old(struct db *db, int64_t newest_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(db, "DELETE FROM unknown_certificate WHERE id <= $1", &deletion, err))
		return false;
	db_bind_int64(deletion, 1, newest_id - STORE_UNKNOWN_MAX);
	return db_run(deletion, NULL, err);
}

static bool count_again(struct db *db, const struct unknown_certificate *unknown, bool *ret_known,
			struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;
	int64_t changed = 0;

	if (!db_prepare(db,
			"UPDATE unknown_certificate SET last_seen = $1, times = times + 1, "
			"profile_id = $2, peer = $3 WHERE fingerprint = $4",
			&update, err))
		return false;
	db_bind_int64(update, 1, unknown->last_seen);
	db_bind_int64(update, 2, unknown->profile_id);
	db_bind_text(update, 3, unknown->peer);
	db_bind_bytes(update, 4, (struct bytes){ unknown->fingerprint, CERT_FINGERPRINT_LEN });
	if (!db_run(update, &changed, err))
		return false;
	*ret_known = changed > 0;
	return true;
}

static bool insert(struct db *db, const struct unknown_certificate *unknown, int64_t *ret_id,
		   struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(db,
			"INSERT INTO unknown_certificate (account_id, ca_id, profile_id, "
			"fingerprint, serial, not_before, not_after, first_seen, last_seen, times, "
			"subject, peer, der) "
			"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 1, $9, $10, $11)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, unknown->account_id);
	db_bind_int64(insertion, 2, unknown->ca_id);
	db_bind_int64(insertion, 3, unknown->profile_id);
	db_bind_bytes(insertion, 4, (struct bytes){ unknown->fingerprint, CERT_FINGERPRINT_LEN });
	db_bind_bytes(insertion, 5, unknown->serial);
	db_bind_int64(insertion, 6, unknown->not_before);
	db_bind_int64(insertion, 7, unknown->not_after);
	db_bind_int64(insertion, 8, unknown->last_seen);
	db_bind_text(insertion, 9, unknown->subject);
	db_bind_text(insertion, 10, unknown->peer);
	db_bind_bytes(insertion, 11, unknown->der);
	return db_insert(insertion, ret_id, err);
}

bool store_unknown_note(struct store_tx *tx, const struct unknown_certificate *unknown,
			struct error *err)
{
	struct db *db = tx_db(tx);
	bool known = false;
	int64_t id = 0;

	if (!count_again(db, unknown, &known, err))
		return false;
	if (known)
		return true;
	if (!insert(db, unknown, &id, err))
		return false;
	return id % SURPLUS != 0 || forget_old(db, id, err);
}

bool store_unknown_forget(struct store_tx *tx,
			  const unsigned char fingerprint[CERT_FINGERPRINT_LEN], struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(tx_db(tx), "DELETE FROM unknown_certificate WHERE fingerprint = $1",
			&deletion, err))
		return false;
	db_bind_bytes(deletion, 1, (struct bytes){ fingerprint, CERT_FINGERPRINT_LEN });
	return db_run(deletion, NULL, err);
}

/* -- listing -- */

static bool unknown_of_row(const struct db_statement *row, struct unknown_certificate *ret,
			   struct error *err)
{
	struct unknown_certificate unknown = {
		.id = db_int64(row, 0),
		.account_id = db_int64(row, 1),
		.ca_id = db_int64(row, 2),
		.profile_id = db_int64(row, 3),
		.serial = db_bytes(row, 5),
		.not_before = db_int64(row, 6),
		.not_after = db_int64(row, 7),
		.first_seen = db_int64(row, 8),
		.last_seen = db_int64(row, 9),
		.times = db_int64(row, 10),
		.subject = db_text(row, 11),
		.peer = db_text(row, 12),
		.der = db_bytes(row, 13),
		.is_lost = db_int64(row, 14) != 0,
	};

	if (!db_bytes_exact(row, 4, unknown.fingerprint, CERT_FINGERPRINT_LEN, err))
		return false;
	*ret = unknown;
	return true;
}

/* Restorations are few, however many the certificates. */
#define IS_LOST                                                                                    \
	"EXISTS (SELECT 1 FROM restoration r "                                                     \
	"WHERE u.not_before >= r.made - $1 AND u.not_before <= r.at)"
#define LIST                                                                                       \
	"SELECT u.id, u.account_id, u.ca_id, u.profile_id, u.fingerprint, u.serial, "              \
	"u.not_before, u.not_after, u.first_seen, u.last_seen, u.times, u.subject, u.peer, "       \
	"u.der, CASE WHEN " IS_LOST " THEN 1 ELSE 0 END "                                          \
	"FROM unknown_certificate u WHERE u.account_id = $2 AND u.id < $3 "                        \
	"AND ($4 = 0 OR u.profile_id = $4) AND ($5 = 0 OR " IS_LOST ") "

static bool list(struct db_statement *query, const struct store_unknown_filter *filter,
		 bool (*each)(void *context, const struct unknown_certificate *unknown),
		 void *context, struct error *err)
{
	db_bind_int64(query, 1, CLOCKS_APART);
	db_bind_int64(query, 2, filter->account_id);
	db_bind_int64(query, 3, filter->before_id ? filter->before_id : INT64_MAX);
	db_bind_int64(query, 4, filter->profile_id);
	db_bind_int64(query, 5, filter->only_lost);
	if (filter->serial.len)
		db_bind_bytes(query, 6, filter->serial);
	db_bind_int64(query, filter->serial.len ? 7 : 6, filter->limit);
	for (;;) {
		struct unknown_certificate unknown;
		bool row = false;

		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		if (!unknown_of_row(query, &unknown, err))
			return false;
		if (!each(context, &unknown))
			return true;
	}
}

bool store_unknown_list(struct store *store, const struct store_unknown_filter *filter,
			bool (*each)(void *context, const struct unknown_certificate *unknown),
			void *context, struct error *err)
{
	const char *sql = filter->serial.len ? LIST "AND u.serial = $6 ORDER BY u.id DESC LIMIT $7"
					     : LIST "ORDER BY u.id DESC LIMIT $6";
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	return reader_take(store, &reader, err) && db_prepare(reader.db, sql, &query, err) &&
	       list(query, filter, each, context, err);
}

bool store_unknown_count(struct store *store, int64_t account_id, int64_t *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db, "SELECT count(*) FROM unknown_certificate WHERE account_id = $1",
			&query, err))
		return false;
	db_bind_int64(query, 1, account_id);
	if (!db_step_row(query, err))
		return false;
	*ret = db_int64(query, 0);
	return true;
}
