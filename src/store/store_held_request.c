#include "store/store_held_request.h"

#include <inttypes.h>
#include <stdio.h>

#include "store/store_private.h"

#define FORGET_MAX 1000
#define BUSY_SECONDS 600 /* a person decides, so it takes a while */

/* The numbers of the schema. */
_Static_assert(HELD_PENDING == 0 && HELD_APPROVED == 1 && HELD_REJECTED == 2 && HELD_ISSUED == 3,
	       "held_request.state");

#define HELD_COLUMNS                                                                               \
	"id, account_id, profile_id, profile_version, state, operation, renews_id, request_id, "   \
	"key_hash, identity_hash, content_hash, validity_seconds, created, last_seen, polls, "     \
	"ends, decided, certificate_id, decided_by, remark, subject, san, requested_by, peer"

/* -- reading -- */

static bool read_hashes(const struct db_statement *row, struct held_request *ret, struct error *err)
{
	return db_bytes_exact(row, 8, ret->key_hash, KEY_HASH_LEN, err) &&
	       db_bytes_exact(row, 9, ret->identity_hash, HASH_LEN, err) &&
	       db_bytes_exact(row, 10, ret->content.hash, HASH_LEN, err);
}

static bool read_texts(const struct db_statement *row, struct held_request *ret, struct error *err)
{
	return db_text_copy(row, 18, &ret->decided_by, err) &&
	       db_text_copy(row, 19, &ret->remark, err) &&
	       db_text_copy(row, 20, &ret->subject, err) && db_text_copy(row, 21, &ret->san, err) &&
	       db_text_copy(row, 22, &ret->requested_by, err) &&
	       db_text_copy(row, 23, &ret->peer, err);
}

static bool read_enums(const struct db_statement *row, struct held_request *ret, struct error *err)
{
	int64_t state = db_int64(row, 4), operation = db_int64(row, 5);

	if (state < 0 || state > HELD_ISSUED || operation < 0 || operation >= EST_OPERATION_COUNT)
		return error_set(err, REASON_STORE_CORRUPT, "a held request's state");
	ret->state = (enum held_state)state;
	ret->operation = (enum est_operation)operation;
	return true;
}

static bool request_of_row(const struct db_statement *row, struct held_request *ret,
			   struct error *err)
{
	const char *request_id = db_text(row, 7);
	CLEANUP(held_request_done)
	struct held_request request = {
		.id = db_int64(row, 0),
		.account_id = db_int64(row, 1),
		.profile_id = db_int64(row, 2),
		.profile_version = db_int64(row, 3),
		.renews_id = db_int64(row, 6),
		.content.validity_seconds = db_int64(row, 11),
		.created = db_int64(row, 12),
		.last_seen = db_int64(row, 13),
		.polls = db_int64(row, 14),
		.ends = db_int64(row, 15),
		.decided = db_int64(row, 16),
		.certificate_id = db_int64(row, 17),
	};

	snprintf(request.request_id, sizeof request.request_id, "%s", request_id ? request_id : "");
	if (!read_enums(row, &request, err) || !read_hashes(row, &request, err) ||
	    !read_texts(row, &request, err))
		return false;
	*ret = request;
	request = (struct held_request){ 0 };
	return true;
}

bool store_held_request_find(struct store_tx *tx, int64_t profile_id, const unsigned char *key_hash,
			     const unsigned char *identity_hash, int64_t now,
			     struct held_request *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(tx_db(tx),
			"SELECT " HELD_COLUMNS " FROM held_request WHERE profile_id = $1 "
			"AND key_hash = $2 AND identity_hash = $3 AND ends > $4",
			&query, err))
		return false;
	db_bind_int64(query, 1, profile_id);
	db_bind_bytes(query, 2, (struct bytes){ key_hash, KEY_HASH_LEN });
	db_bind_bytes(query, 3, (struct bytes){ identity_hash, HASH_LEN });
	db_bind_int64(query, 4, now);
	return db_step_row(query, err) && request_of_row(query, ret, err);
}

/* -- by an operator's word -- */

static bool read_tbs(const struct db_statement *row, struct held_request *ret, struct error *err)
{
	buffer_append(&ret->tbs, db_bytes(row, 24));
	return buffer_ok(&ret->tbs) || error_set(err, REASON_NO_MEMORY, "held request");
}

static bool check_is_only_one(struct db_statement *query, const char *prefix, struct error *err)
{
	bool another = false;

	if (!db_step(query, &another, err))
		return false;
	return !another || error_set(err, REASON_INVALID,
				     "several requests begin with %s: write "
				     "more of it",
				     prefix);
}

/* Request ids are hexadecimal digits, so nothing that begins so comes behind prefix + 'g'. */
static bool read_by_id(struct db_statement *query, const char *prefix, struct held_request *ret,
		       struct error *err)
{
	CLEANUP(held_request_done) struct held_request found = { 0 };
	bool row = false;

	if (!db_step(query, &row, err))
		return false;
	if (!row)
		return error_set(err, REASON_NOT_FOUND, "request %s", prefix);
	if (!request_of_row(query, &found, err) || !read_tbs(query, &found, err) ||
	    !check_is_only_one(query, prefix, err))
		return false;
	*ret = found;
	found = (struct held_request){ 0 };
	return true;
}

bool store_held_request_find_by_id(struct store_tx *tx, int64_t account_id, const char *prefix,
				   int64_t now, struct held_request *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	char end[HELD_ID_LEN + 2];

	if (strlen(prefix) > HELD_ID_LEN)
		return error_set(err, REASON_NOT_FOUND, "request %s", prefix);
	snprintf(end, sizeof end, "%sg", prefix);
	if (!db_prepare(tx_db(tx),
			"SELECT " HELD_COLUMNS ", tbs FROM held_request WHERE request_id >= $1 "
			"AND request_id < $2 AND +account_id = $3 AND +ends > $4 LIMIT 2",
			&query, err))
		return false;
	db_bind_text(query, 1, prefix);
	db_bind_text(query, 2, end);
	db_bind_int64(query, 3, account_id);
	db_bind_int64(query, 4, now);
	return read_by_id(query, prefix, ret, err);
}

static bool list_next(struct db_statement *query,
		      bool (*each)(void *context, const struct held_request *request),
		      void *context, bool *ret_go_on, struct error *err)
{
	CLEANUP(held_request_done) struct held_request request = { 0 };

	if (!db_step(query, ret_go_on, err))
		return false;
	if (!*ret_go_on)
		return true;
	if (!request_of_row(query, &request, err))
		return false;
	*ret_go_on = each(context, &request);
	return true;
}

bool store_held_request_list(struct store *store, const struct store_held_filter *filter,
			     bool (*each)(void *context, const struct held_request *request),
			     void *context, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool go_on = true;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT " HELD_COLUMNS " FROM held_request WHERE account_id = $1 "
			"AND ($2 = 0 OR id < $2) AND ($3 = 0 OR +profile_id = $3) "
			"AND ($4 < 0 OR state = $4) AND +ends > $5 ORDER BY id DESC LIMIT $6",
			&query, err))
		return false;
	db_bind_int64(query, 1, filter->account_id);
	db_bind_int64(query, 2, filter->before_id);
	db_bind_int64(query, 3, filter->profile_id);
	db_bind_int64(query, 4, filter->state);
	db_bind_int64(query, 5, filter->now);
	db_bind_int64(query, 6, filter->limit);
	while (go_on)
		if (!list_next(query, each, context, &go_on, err))
			return false;
	return true;
}

bool store_held_request_count(struct store *store, int64_t account_id, int64_t now, int64_t *ret,
			      struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT count(*) FROM held_request WHERE account_id = $1 AND state = 0 "
			"AND +ends > $2",
			&query, err))
		return false;
	db_bind_int64(query, 1, account_id);
	db_bind_int64(query, 2, now);
	if (!db_step_row(query, err))
		return false;
	*ret = db_int64(query, 0);
	return true;
}

/* -- writing -- */

static bool check_limits(struct db *db, const struct held_request *request,
			 const struct held_limits *limits, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db,
			"SELECT count(*), coalesce(sum(CASE WHEN peer = $1 THEN 1 ELSE 0 END), 0) "
			"FROM held_request WHERE state = 0 AND profile_id = $2",
			&query, err))
		return false;
	db_bind_text(query, 1, request->peer);
	db_bind_int64(query, 2, request->profile_id);
	if (!db_step_row(query, err))
		return false;
	if (db_int64(query, 0) >= limits->of_profile)
		return error_set_retry(err, REASON_QUOTA, BUSY_SECONDS,
				       "%" PRId64 " requests of this profile wait already",
				       limits->of_profile);
	if (db_int64(query, 1) >= limits->of_address)
		return error_set_retry(err, REASON_QUOTA, BUSY_SECONDS,
				       "%" PRId64 " requests from this address wait already",
				       limits->of_address);
	return true;
}

static bool delete_predecessor(struct db *db, const struct held_request *request, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(db,
			"DELETE FROM held_request WHERE profile_id = $1 AND key_hash = $2 "
			"AND identity_hash = $3",
			&deletion, err))
		return false;
	db_bind_int64(deletion, 1, request->profile_id);
	db_bind_bytes(deletion, 2, (struct bytes){ request->key_hash, KEY_HASH_LEN });
	db_bind_bytes(deletion, 3, (struct bytes){ request->identity_hash, HASH_LEN });
	return db_run(deletion, NULL, err);
}

static void bind_request(struct db_statement *insertion, const struct held_request *r)
{
	db_bind_int64(insertion, 1, r->account_id);
	db_bind_int64(insertion, 2, r->profile_id);
	db_bind_int64(insertion, 3, r->profile_version);
	db_bind_int64(insertion, 4, r->operation);
	db_bind_int64(insertion, 5, r->renews_id);
	db_bind_text(insertion, 6, r->request_id);
	db_bind_bytes(insertion, 7, (struct bytes){ r->key_hash, KEY_HASH_LEN });
	db_bind_bytes(insertion, 8, (struct bytes){ r->identity_hash, HASH_LEN });
	db_bind_bytes(insertion, 9, (struct bytes){ r->content.hash, HASH_LEN });
	db_bind_int64(insertion, 10, r->content.validity_seconds);
	db_bind_int64(insertion, 11, r->created);
	db_bind_int64(insertion, 12, r->ends);
	db_bind_text(insertion, 13, r->subject);
	db_bind_text(insertion, 14, r->san);
	db_bind_text(insertion, 15, r->requested_by);
	db_bind_text(insertion, 16, r->peer);
	db_bind_bytes(insertion, 17, buffer_view(&r->tbs));
}

bool store_held_request_put(struct store_tx *tx, const struct held_request *request,
			    const struct held_limits *limits, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;
	struct db *db = tx_db(tx);

	if (!delete_predecessor(db, request, err) || !check_limits(db, request, limits, err) ||
	    !db_prepare(db,
			"INSERT INTO held_request (account_id, profile_id, profile_version, state, "
			"operation, renews_id, request_id, key_hash, identity_hash, content_hash, "
			"validity_seconds, created, last_seen, polls, ends, decided, "
			"certificate_id, decided_by, remark, subject, san, requested_by, peer, "
			"tbs) VALUES ($1, $2, $3, 0, $4, $5, $6, $7, $8, $9, $10, $11, $11, 1, "
			"$12, 0, 0, '', '', $13, $14, $15, $16, $17)",
			&insertion, err))
		return false;
	bind_request(insertion, request);
	return db_run(insertion, NULL, err);
}

bool store_held_request_touch(struct store_tx *tx, int64_t id, int64_t now, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(tx_db(tx),
			"UPDATE held_request SET last_seen = $1, polls = polls + 1 WHERE id = $2",
			&update, err))
		return false;
	db_bind_int64(update, 1, now);
	db_bind_int64(update, 2, id);
	return run_on_existing(update, "held request", err);
}

bool store_held_request_settle(struct store_tx *tx, const struct held_request *request,
			       enum held_state from, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(tx_db(tx),
			"UPDATE held_request SET state = $1, decided = $2, decided_by = $3, "
			"remark = $4, ends = $5, certificate_id = $6 WHERE id = $7 AND state = $8 "
			"AND request_id = $9",
			&update, err))
		return false;
	db_bind_int64(update, 1, request->state);
	db_bind_int64(update, 2, request->decided);
	db_bind_text(update, 3, request->decided_by ? request->decided_by : "");
	db_bind_text(update, 4, request->remark ? request->remark : "");
	db_bind_int64(update, 5, request->ends);
	db_bind_int64(update, 6, request->certificate_id);
	db_bind_int64(update, 7, request->id);
	db_bind_int64(update, 8, from);
	db_bind_text(update, 9, request->request_id);
	return run_on_existing(update, "request in this state", err);
}

bool store_held_request_forget(struct store_tx *tx, int64_t now, int64_t *ret_count,
			       struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(tx_db(tx),
			"DELETE FROM held_request WHERE id IN "
			"(SELECT id FROM held_request WHERE ends <= $1 LIMIT $2)",
			&deletion, err))
		return false;
	db_bind_int64(deletion, 1, now);
	db_bind_int64(deletion, 2, FORGET_MAX);
	return db_run(deletion, ret_count, err);
}
