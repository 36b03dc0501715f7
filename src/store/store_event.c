#include "store/store_event.h"

#include <stdio.h>

#include "store/store_private.h"

/* How many may be there beyond STORE_EVENTS_MAX: deleting seldom keeps inserting cheap. */
#define EVENTS_SURPLUS 256
#define REQUEST_TEXT_MAX 20

static bool delete_old(struct db *db, int64_t newest_id, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *deletion = NULL;

	if (!db_prepare(db, "DELETE FROM event WHERE id <= $1", &deletion, err))
		return false;
	db_bind_int64(deletion, 1, newest_id - STORE_EVENTS_MAX);
	return db_run(deletion, NULL, err);
}

bool store_event_insert(struct store_tx *tx, const struct event *event, struct error *err)
{
	CLEANUP(db_donep) struct db_statement *insertion = NULL;
	int64_t id = 0;

	if (!db_prepare(tx_db(tx),
			"INSERT INTO event (at, account_id, profile_id, certificate_id, operation, "
			"reason, request_id, peer, client, detail, label, trace) "
			"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
			&insertion, err))
		return false;
	db_bind_int64(insertion, 1, clock_now(&clock_system));
	db_bind_int64(insertion, 2, event->account_id);
	db_bind_int64(insertion, 3, event->profile_id);
	db_bind_int64(insertion, 4, event->certificate_id);
	if (event->operation != EST_OPERATION_COUNT)
		db_bind_int64(insertion, 5, event->operation);
	db_bind_text(insertion, 6, event->reason == REASON_NONE ? "" : reason_code(event->reason));
	db_bind_text(insertion, 7, event->request_id);
	db_bind_text(insertion, 8, event->peer);
	db_bind_text(insertion, 9, event->client);
	db_bind_text(insertion, 10, event->detail);
	db_bind_text(insertion, 11, event->label);
	db_bind_text(insertion, 12, event->trace ? event->trace : "");
	if (!db_insert(insertion, &id, err))
		return false;
	return id % EVENTS_SURPLUS != 0 || delete_old(tx_db(tx), id, err);
}

static void copy_text(const struct db_statement *row, int column, char *into, size_t size)
{
	const char *text = db_text(row, column);

	snprintf(into, size, "%s", text ? text : "");
}

/* A code that a later release wrote is a refusal all the same. */
static enum reason reason_of(const char *code)
{
	if (!code || !*code)
		return REASON_NONE;

	enum reason reason = reason_by_code(code);
	return reason == REASON_COUNT ? REASON_INTERNAL : reason;
}

static enum est_operation operation_of(const struct db_statement *row, int column)
{
	int64_t operation = db_int64(row, column);

	if (db_is_null(row, column) || operation < 0 || operation >= EST_OPERATION_COUNT)
		return EST_OPERATION_COUNT;
	return (enum est_operation)operation;
}

static void event_of_row(const struct db_statement *row, struct event *ret)
{
	*ret = (struct event){
		.id = db_int64(row, 0),
		.at = db_int64(row, 1),
		.account_id = db_int64(row, 2),
		.profile_id = db_int64(row, 3),
		.certificate_id = db_int64(row, 4),
		.operation = operation_of(row, 5),
		.reason = reason_of(db_text(row, 6)),
	};
	copy_text(row, 7, ret->request_id, sizeof ret->request_id);
	copy_text(row, 8, ret->peer, sizeof ret->peer);
	copy_text(row, 9, ret->client, sizeof ret->client);
	copy_text(row, 10, ret->detail, sizeof ret->detail);
	copy_text(row, 11, ret->label, sizeof ret->label);
	ret->trace = db_text(row, 12);
}

#define EVENT_QUERY                                                                                \
	"SELECT id, at, account_id, profile_id, certificate_id, operation, reason, request_id, "   \
	"peer, client, detail, label, trace FROM event "                                           \
	"WHERE id > $1 AND ($2 = 0 OR account_id = $2) AND ($3 = 0 OR reason <> '') "              \
	"AND ($4 = '' OR (request_id >= $4 AND request_id < $5)) "

bool store_event_list(struct store *store, const struct store_event_filter *filter,
		      bool (*each)(void *context, const struct event *event), void *context,
		      struct error *err)
{
	const char *sql = filter->follow ? EVENT_QUERY "ORDER BY id LIMIT $6"
					 : EVENT_QUERY "ORDER BY id DESC LIMIT $6";
	CLEANUP(reader_done) struct reader reader = { 0 };
	CLEANUP(db_donep) struct db_statement *query = NULL;
	char beyond[REQUEST_TEXT_MAX] = "";
	bool row = false;

	/* ids are hexadecimal digits: behind all that begin so comes the same with a g */
	if (filter->request)
		snprintf(beyond, sizeof beyond, "%sg", filter->request);
	if (!reader_take(store, &reader, err) || !db_prepare(reader.db, sql, &query, err))
		return false;
	db_bind_int64(query, 1, filter->after_id);
	db_bind_int64(query, 2, filter->account_id);
	db_bind_int64(query, 3, filter->only_refusals ? 1 : 0);
	db_bind_text(query, 4, filter->request ? filter->request : "");
	db_bind_text(query, 5, beyond);
	db_bind_int64(query, 6, filter->limit);
	for (;;) {
		struct event event;

		if (!db_step(query, &row, err))
			return false;
		if (!row)
			return true;
		event_of_row(query, &event);
		if (!each(context, &event))
			return true;
	}
}
