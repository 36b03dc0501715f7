/* Numbers for people who look rather than read; each is counted from an index alone. */
#pragma once

#include "base/reason.h"
#include "model/operation.h"
#include "store/store.h"

/* How many of the account's certificates end from `from` on and before `to`, without those that are
 * revoked or were never issued. */
MUST_CHECK bool store_graph_ends(struct store *store, int64_t account_id, int64_t from, int64_t to,
				 int64_t *ret, struct error *err);

/* How many ended from `from` on and before `to`, and were neither revoked nor renewed by another:
 * their holders have none any more, or one of another enrollment. Reads each that ended then. */
MUST_CHECK bool store_graph_lapses(struct store *store, int64_t account_id, int64_t from,
				   int64_t to, int64_t *ret, struct error *err);

/* What happened at the doors in one minute. */
struct event_count {
	int64_t minute; /* its first second */
	enum reason reason;
	enum est_operation operation; /* EST_OPERATION_COUNT: none was named */
	int64_t count;
};
/* Since `since`, oldest first. */
MUST_CHECK bool store_graph_events(struct store *store, int64_t account_id, int64_t since,
				   bool (*each)(void *context, const struct event_count *count),
				   void *context, struct error *err);
