#include "store/store_search.h"

#include <stdlib.h>

#include "store/search_text.h"
#include "store/store_private.h"

struct entry {
	int64_t account_id, certificate_id;
	size_t at, len; /* of the batch's text */
};

struct batch {
	struct buffer text;
	struct entry *entries;
	size_t count, room;
	unsigned int certificates;
	int64_t last_id;
};

static void batch_done(struct batch *batch)
{
	buffer_done(&batch->text);
	free(batch->entries);
}

static struct bytes text_of(const struct batch *batch, const struct entry *entry)
{
	return (struct bytes){ batch->text.data + entry->at, entry->len };
}

/* -- reading -- */

static bool keep_entry(struct batch *batch, struct entry entry)
{
	if (batch->count == batch->room) {
		size_t room = batch->room ? 2 * batch->room : 256;
		struct entry *more = realloc(batch->entries, room * sizeof *more);

		if (!more)
			return false;
		batch->entries = more;
		batch->room = room;
	}
	batch->entries[batch->count++] = entry;
	return true;
}

static bool add_row(struct batch *batch, const struct db_statement *row, struct error *err)
{
	const char *subject = db_text(row, 3), *san = db_text(row, 4);
	struct bytes entries[SEARCH_ENTRIES_MAX];
	CLEANUP(buffer_done) struct buffer folded = { 0 };

	subject = subject ? subject : "";
	san = san ? san : "";
	search_text_fold(subject, san, &folded);
	if (!buffer_ok(&folded))
		return error_set(err, REASON_NO_MEMORY, "search words");
	size_t count = search_text_entries(subject, san, buffer_view(&folded), entries);
	for (size_t i = 0; i < count; i++) {
		const struct entry entry = { .account_id = db_int64(row, 1),
					     .certificate_id = db_int64(row, 0),
					     .at = batch->text.len,
					     .len = entries[i].len };

		buffer_append(&batch->text, entries[i]);
		buffer_append_byte(&batch->text, '\0');
		if (!buffer_ok(&batch->text) || !keep_entry(batch, entry))
			return error_set(err, REASON_NO_MEMORY, "search words");
	}
	batch->last_id = db_int64(row, 0);
	batch->certificates++;
	return true;
}

/* Up to the first that may still have a sister with a lower id under way. */
static bool read_batch(struct db *db, int64_t mark, int64_t settled, unsigned int limit,
		       struct batch *batch, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!db_prepare(db,
			"SELECT id, account_id, created, subject, san FROM certificate "
			"WHERE id > $1 ORDER BY id LIMIT $2",
			&query, err))
		return false;
	db_bind_int64(query, 1, mark);
	db_bind_int64(query, 2, limit);
	for (;;) {
		if (!db_step(query, &row, err))
			return false;
		if (!row || db_int64(query, 2) > settled)
			return true;
		if (!add_row(batch, query, err))
			return false;
	}
}

static bool read_number(struct db *db, const char *sql, int64_t *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!db_prepare(db, sql, &query, err) || !db_step_row(query, err))
		return false;
	*ret = db_int64(query, 0);
	return true;
}

/* -- writing -- */

static int compare(const void *a, const void *b, void *context)
{
	const struct entry *left = a, *right = b;
	const struct batch *batch = context;

	if (left->account_id != right->account_id)
		return left->account_id < right->account_id ? -1 : 1;
	int order = strcmp((const char *)batch->text.data + left->at,
			   (const char *)batch->text.data + right->at);
	if (order != 0)
		return order;
	return left->certificate_id < right->certificate_id ? -1 : 1;
}

static bool is_same_word(const struct batch *batch, const struct entry *a, const struct entry *b)
{
	return a->account_id == b->account_id && bytes_equal(text_of(batch, a), text_of(batch, b));
}

static size_t run_length(const struct batch *batch, size_t from)
{
	size_t end = from + 1;

	while (end < batch->count &&
	       is_same_word(batch, &batch->entries[from], &batch->entries[end]))
		end++;
	return end - from;
}

/* Asked for those only that stand in this batch more than once: a common word does. */
static bool is_common(struct db *db, const struct batch *batch, const struct entry *entry,
		      bool *ret, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *counting = NULL;

	if (!db_prepare(db,
			"SELECT count(*) FROM (SELECT w.certificate_id FROM certificate_word w "
			"WHERE w.account_id = $1 AND w.word = $2 LIMIT $3)",
			&counting, err))
		return false;
	db_bind_int64(counting, 1, entry->account_id);
	db_bind_text(counting, 2, (const char *)batch->text.data + entry->at);
	db_bind_int64(counting, 3, SEARCH_FEW_MAX + 1);
	if (!db_step_row(counting, err))
		return false;
	*ret = db_int64(counting, 0) > SEARCH_FEW_MAX;
	return true;
}

static bool insert(struct db *db, const struct batch *batch, const struct entry *entry,
		   struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;

	if (!db_prepare(db,
			"INSERT INTO certificate_word (account_id, word, certificate_id) "
			"VALUES ($1, $2, $3)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, entry->account_id);
	db_bind_text(insertion, 2, (const char *)batch->text.data + entry->at);
	db_bind_int64(insertion, 3, entry->certificate_id);
	return db_run(insertion, NULL, err);
}

static bool insert_run(struct db *db, const struct batch *batch, size_t from, size_t count,
		       struct error *err)
{
	bool skipped = false;

	if (count > 1 && !is_common(db, batch, &batch->entries[from], &skipped, err))
		return false;
	for (size_t i = 0; i < count && !skipped; i++)
		if (!insert(db, batch, &batch->entries[from + i], err))
			return false;
	return true;
}

static bool set_mark(struct db *db, int64_t from, int64_t to, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *update = NULL;

	if (!db_prepare(db,
			"UPDATE search_mark SET certificate_id = $1 WHERE id = 1 "
			"AND certificate_id = $2",
			&update, err))
		return false;
	db_bind_int64(update, 1, to);
	db_bind_int64(update, 2, from);
	/* not where somebody else has entered them meanwhile */
	return run_on_existing(update, "search mark", err);
}

static bool write_batch(struct store_tx *tx, int64_t mark, const struct batch *batch,
			struct error *err)
{
	for (size_t at = 0; at < batch->count;) {
		size_t count = run_length(batch, at);

		if (!insert_run(tx_db(tx), batch, at, count, err))
			return false;
		at += count;
	}
	return set_mark(tx_db(tx), mark, batch->last_id, err);
}

static bool look(struct db *db, int64_t *ret_mark, int64_t *ret_newest, struct error *err)
{
	return read_number(db, "SELECT certificate_id FROM search_mark WHERE id = 1", ret_mark,
			   err) &&
	       read_number(db, "SELECT coalesce(max(id), 0) FROM certificate", ret_newest, err);
}

/* Most often nothing is, and then nobody is kept from writing. */
static bool is_behind(struct store *store, bool *ret, int64_t *ret_newest, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	int64_t mark = 0;

	if (!reader_take(store, &reader, err) || !look(reader.db, &mark, ret_newest, err))
		return false;
	*ret = *ret_newest > mark;
	return true;
}

bool store_search_enter(struct store *store, int64_t settled, unsigned int limit,
			unsigned int *ret_count, int64_t *ret_newest, struct error *err)
{
	CLEANUP(batch_done) struct batch batch = { 0 };
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	bool behind = false;
	int64_t mark = 0;

	*ret_count = 0;
	if (!is_behind(store, &behind, ret_newest, err))
		return false;
	if (!behind)
		return true;
	/* the mark of a transaction that is not on disk yet counts too */
	if (!store_begin(store, &tx, err) || !look(tx_db(tx), &mark, ret_newest, err) ||
	    !read_batch(tx_db(tx), mark, settled, limit, &batch, err))
		return false;
	*ret_count = batch.certificates;
	if (batch.certificates == 0)
		return true;
	if (batch.count)
		qsort_r(batch.entries, batch.count, sizeof *batch.entries, compare, &batch);
	return write_batch(tx, mark, &batch, err) && store_commit_lazily(TAKE(tx), err);
}
