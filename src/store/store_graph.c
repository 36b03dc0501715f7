#include "store/store_graph.h"

#include "store/store_private.h"

/* What `sql` counts of an account's certificates by two times of their ends. */
static bool count_by_ends(struct store *store, const char *sql, int64_t account_id, int64_t from,
			  int64_t to, int64_t *ret, struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;

	if (!reader_take(store, &reader, err) || !db_prepare(reader.db, sql, &query, err))
		return false;
	db_bind_int64(query, 1, account_id);
	db_bind_int64(query, 2, from);
	db_bind_int64(query, 3, to);
	if (!db_step_row(query, err))
		return false;
	*ret = db_int64(query, 0);
	return true;
}

bool store_graph_ends(struct store *store, int64_t account_id, int64_t from, int64_t to,
		      int64_t *ret, struct error *err)
{
	return count_by_ends(store,
			     "SELECT (SELECT count(*) FROM certificate "
			     "WHERE account_id = $1 AND not_after >= $2 AND not_after < $3) - "
			     "(SELECT count(*) FROM certificate WHERE state <> 1 "
			     "AND state IN (0, 2, 3) AND account_id = $1 AND +not_after >= $2 "
			     "AND +not_after < $3)",
			     account_id, from, to, ret, err);
}

bool store_graph_lapses(struct store *store, int64_t account_id, int64_t from, int64_t to,
			int64_t *ret, struct error *err)
{
	return count_by_ends(store,
			     "SELECT count(*) FROM certificate WHERE account_id = $1 "
			     "AND not_after >= $2 AND not_after < $3 AND +state = 1 "
			     "AND renewed_by_id = 0",
			     account_id, from, to, ret, err);
}

static void count_of_row(const struct db_statement *row, struct event_count *ret)
{
	int64_t operation = db_int64(row, 2);
	const char *code = db_text(row, 1);
	bool is_named = !db_is_null(row, 2) && operation >= 0 && operation < EST_OPERATION_COUNT;

	*ret = (struct event_count){
		.minute = db_int64(row, 0) * 60,
		.reason = *code ? reason_by_code(code) : REASON_NONE,
		.operation = is_named ? (enum est_operation)operation : EST_OPERATION_COUNT,
		.count = db_int64(row, 3),
	};
}

bool store_graph_events(struct store *store, int64_t account_id, int64_t since,
			bool (*each)(void *context, const struct event_count *count), void *context,
			struct error *err)
{
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;
	bool row = false;

	if (!reader_take(store, &reader, err) ||
	    !db_prepare(reader.db,
			"SELECT at / 60, reason, operation, count(*) FROM event "
			"WHERE account_id = $1 AND at >= $2 "
			"GROUP BY at / 60, reason, operation ORDER BY at / 60",
			&query, err))
		return false;
	db_bind_int64(query, 1, account_id);
	db_bind_int64(query, 2, since);
	for (;;) {
		struct event_count count;

		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		count_of_row(query, &count);
		/* a later release may have had a reason that this one does not know */
		if (count.reason == REASON_COUNT)
			count.reason = REASON_INTERNAL;
		if (!each(context, &count))
			return true;
	}
}
