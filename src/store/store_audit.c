#include "store/store_audit.h"

#include <inttypes.h>

#include "base/hex.h"
#include "base/pack.h"
#include "store/store_private.h"

#define HEAD_TEXT_LEN (2 * HASH_LEN)

#define AUDIT_COLUMNS "id, at, account_id, actor, action, object, value_before, value_after, hash"

/* Before the first entry: id 0, a hash of zeros. */
static const struct audit_head genesis = { .known = true };

/* Every field with its length, so that no two entries share an encoding. */
static bool hash_entry(const unsigned char before[HASH_LEN], const struct audit_entry *entry,
		       unsigned char ret[HASH_LEN], struct error *err)
{
	CLEANUP(buffer_done) struct buffer encoded = { 0 };

	pack_bytes(&encoded, (struct bytes){ before, HASH_LEN });
	pack_u64(&encoded, (uint64_t)entry->id);
	pack_u64(&encoded, (uint64_t)entry->at);
	pack_u64(&encoded, (uint64_t)entry->account_id);
	pack_string(&encoded, entry->actor);
	pack_string(&encoded, entry->action);
	pack_string(&encoded, entry->object);
	pack_string(&encoded, entry->before);
	pack_string(&encoded, entry->after);
	if (!buffer_ok(&encoded))
		return error_set(err, REASON_NO_MEMORY, "audit entry");
	return hash_sha256(buffer_view(&encoded), ret, err);
}

static void entry_of_row(const struct db_statement *row, struct audit_entry *ret)
{
	*ret = (struct audit_entry){
		.id = db_int64(row, 0),
		.at = db_int64(row, 1),
		.account_id = db_int64(row, 2),
		.actor = db_text(row, 3),
		.action = db_text(row, 4),
		.object = db_text(row, 5),
		.before = db_text(row, 6),
		.after = db_text(row, 7),
	};
}

/* -- appending -- */

bool audit_head_read(struct db *db, struct audit_head *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	struct audit_head head = genesis;
	bool row = false;

	if (!db_prepare(db, "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1", &query, err) ||
	    !db_step(query, &row, err))
		return false;
	if (row) {
		head.id = db_int64(query, 0);
		if (!db_bytes_exact(query, 1, head.hash, HASH_LEN, err))
			return false;
	}
	*ret = head;
	return true;
}

static bool insert_entry(struct db *db, const struct audit_entry *entry,
			 const unsigned char hash[HASH_LEN], struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(db,
			"INSERT INTO audit (" AUDIT_COLUMNS ") "
			"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, entry->id);
	db_bind_int64(insertion, 2, entry->at);
	db_bind_int64(insertion, 3, entry->account_id);
	db_bind_text(insertion, 4, entry->actor);
	db_bind_text(insertion, 5, entry->action);
	db_bind_text(insertion, 6, entry->object);
	db_bind_text(insertion, 7, entry->before);
	db_bind_text(insertion, 8, entry->after);
	db_bind_bytes(insertion, 9, (struct bytes){ hash, HASH_LEN });
	return db_run(insertion, NULL, err);
}

bool store_audit_append(struct store_tx *tx, const struct audit_entry *entry, struct error *err)
{
	struct audit_head *head = &tx->store->writer.audit_head;
	struct audit_entry dated = *entry;
	struct audit_head next = { .known = true };

	if (!head->known && !audit_head_read(tx_db(tx), head, err))
		return false;
	dated.id = next.id = head->id + 1;
	dated.at = clock_now(&clock_system);
	if (!hash_entry(head->hash, &dated, next.hash, err) ||
	    !insert_entry(tx_db(tx), &dated, next.hash, err))
		return false;
	*head = next;
	return true;
}

/* -- reading -- */

bool store_audit_list(struct store *store, int64_t account_id, int64_t before_id,
		      unsigned int limit,
		      bool (*each)(void *context, const struct audit_entry *entry), void *context,
		      struct error *err)
{
	/* two texts, so that each can use its index */
	const char *sql = account_id ? "SELECT " AUDIT_COLUMNS " FROM audit "
				       "WHERE id < $1 AND account_id = $2 "
				       "ORDER BY id DESC LIMIT $3"
				     : "SELECT " AUDIT_COLUMNS " FROM audit "
				       "WHERE id < $1 AND account_id >= $2 "
				       "ORDER BY id DESC LIMIT $3";
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!reader_take(store, &reader, err) || !db_prepare(reader.db, sql, &query, err))
		return false;
	db_bind_int64(query, 1, before_id ? before_id : INT64_MAX);
	db_bind_int64(query, 2, account_id);
	db_bind_int64(query, 3, limit);
	for (;;) {
		struct audit_entry entry;

		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		entry_of_row(query, &entry);
		if (!each(context, &entry))
			return true;
	}
}

/* -- verifying -- */

static bool is_head_text(const char *text)
{
	return strlen(text) == HEAD_TEXT_LEN && strspn(text, "0123456789abcdef") == HEAD_TEXT_LEN;
}

static bool is_head(const struct audit_head *head, const char *text)
{
	char hex[HEAD_TEXT_LEN + 1];

	return strcmp(hex_encode((struct bytes){ head->hash, HASH_LEN }, hex), text) == 0;
}

/* The row that must follow `head`; moves it on. */
static bool check_row(const struct db_statement *row, struct audit_head *head, struct error *err)
{
	struct audit_entry entry;
	unsigned char hash[HASH_LEN];
	struct bytes stored = db_bytes(row, 8);

	entry_of_row(row, &entry);
	if (entry.id != head->id + 1)
		return error_set(err, REASON_AUDIT_BROKEN,
				 "entry %" PRId64 " is missing; the next is %" PRId64, head->id + 1,
				 entry.id);
	if (!hash_entry(head->hash, &entry, hash, err))
		return false;
	if (!bytes_equal(stored, (struct bytes){ hash, HASH_LEN }))
		return error_set(err, REASON_AUDIT_BROKEN,
				 "entry %" PRId64 " is not what was written", entry.id);
	head->id = entry.id;
	memcpy(head->hash, hash, HASH_LEN);
	return true;
}

static bool walk(struct db *db, const char *expected_head, struct audit_head *head,
		 struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool seen = !expected_head || is_head(head, expected_head);
	bool row = false;

	if (!db_prepare(db, "SELECT " AUDIT_COLUMNS " FROM audit ORDER BY id", &query, err))
		return false;
	for (;;) {
		if (!db_step(query, &row, err))
			return false;
		if (!row)
			break;
		if (!check_row(query, head, err))
			return false;
		seen = seen || is_head(head, expected_head);
	}
	return seen || error_set(err, REASON_AUDIT_BROKEN,
				 "the log ends with entry %" PRId64
				 " and does not hold the expected head: its end was cut or "
				 "rewritten",
				 head->id);
}

bool store_audit_verify(struct store *store, const char *expected_head, int64_t *ret_count,
			char ret_head[65], struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	struct audit_head head = genesis;

	if (expected_head && !is_head_text(expected_head))
		return error_set(err, REASON_INVALID, "a head is %d lower-case hexadecimal digits",
				 HEAD_TEXT_LEN);
	if (!reader_take(store, &reader, err) || !walk(reader.db, expected_head, &head, err))
		return false;
	*ret_count = head.id;
	hex_encode((struct bytes){ head.hash, HASH_LEN }, ret_head);
	return true;
}

/* -- walking -- */

/* The entry must still be there, as it was. */
static bool check_place(struct db *db, const struct audit_place *place, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (place->id == 0)
		return true;
	if (!db_prepare(db, "SELECT hash FROM audit WHERE id = $1", &query, err))
		return false;
	db_bind_int64(query, 1, place->id);
	if (!db_step(query, &row, err))
		return false;
	if (row && bytes_equal(db_bytes(query, 0), (struct bytes){ place->hash, HASH_LEN }))
		return true;
	return error_set(err, REASON_AUDIT_BROKEN, "entry %" PRId64 " is not what was there before",
			 place->id);
}

static bool walk_on(struct db *db, struct audit_head *head, unsigned int limit, bool *ret_ended,
		    struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!db_prepare(db,
			"SELECT " AUDIT_COLUMNS " FROM audit WHERE id > $1 ORDER BY id LIMIT $2",
			&query, err))
		return false;
	db_bind_int64(query, 1, head->id);
	db_bind_int64(query, 2, limit);
	for (unsigned int i = 0; i < limit; i++) {
		if (!db_step(query, &row, err))
			return false;
		if (!row) {
			*ret_ended = true;
			return true;
		}
		if (!check_row(query, head, err))
			return false;
	}
	*ret_ended = false;
	return true;
}

static bool walk_part(struct db *db, struct audit_walk *walk, unsigned int limit, struct error *err)
{
	struct audit_head head = { .known = true, .id = walk->at.id };
	bool ended = false;

	memcpy(head.hash, walk->at.hash, HASH_LEN);
	if (!check_place(db, &walk->end, err) || !walk_on(db, &head, limit, &ended, err))
		return false;
	walk->at.id = head.id;
	memcpy(walk->at.hash, head.hash, HASH_LEN);
	if (ended) {
		walk->end = walk->at;
		walk->at = (struct audit_place){ 0 };
	}
	return true;
}

bool store_audit_walk(struct store *store, struct audit_walk *walk, unsigned int limit,
		      struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	struct error found = { 0 };

	if (walk->is_broken)
		return true;
	if (!reader_take(store, &reader, err))
		return false;
	if (walk_part(reader.db, walk, limit, &found))
		return true;
	walk->is_broken = found.reason == REASON_AUDIT_BROKEN;
	if (!walk->is_broken && err)
		*err = found;
	return walk->is_broken;
}
