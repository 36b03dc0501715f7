/* Refusals and issuances for operators' eyes; bounded: the oldest beyond STORE_EVENTS_MAX go. */
#pragma once

#include "model/event.h"
#include "store/store.h"

#define STORE_EVENTS_MAX 100000

MUST_CHECK bool store_event_insert(struct store_tx *tx, const struct event *event,
				   struct error *err);
struct store_event_filter {
	int64_t account_id; /* 0: those of no account too (unknown labels), for the node's operator
			     */
	int64_t after_id;   /* only ids above: oldest first when follow, else newest first */
	bool follow;
	int only_refusals;
	const char *request; /* how the request's id begins; NULL: any */
	unsigned int limit;
};
/* `event` and its trace are there for the call of `each` only. */
MUST_CHECK bool store_event_list(struct store *store, const struct store_event_filter *filter,
				 bool (*each)(void *context, const struct event *event),
				 void *context, struct error *err);
