/* Requests that wait for an operator's decision. */
#pragma once

#include "model/held_request.h"
#include "store/store.h"

/* How many may wait at once. */
struct held_limits {
	int64_t of_profile, of_address;
};

/* Enters a pending request in place of what the same key and identity had in this profile.
 * REASON_QUOTA when the profile or the address has as many pending ones as may wait. */
MUST_CHECK bool store_held_request_put(struct store_tx *tx, const struct held_request *request,
				       const struct held_limits *limits, struct error *err);
/* What this key and identity has in the profile, unless it has ended by `now`; REASON_NOT_FOUND.
 * Without its `tbs`. Sees uncommitted work. */
MUST_CHECK bool store_held_request_find(struct store_tx *tx, int64_t profile_id,
					const unsigned char *key_hash,
					const unsigned char *identity_hash, int64_t now,
					struct held_request *ret, struct error *err);
/* The client has asked again. */
MUST_CHECK bool store_held_request_touch(struct store_tx *tx, int64_t id, int64_t now,
					 struct error *err);

/* The one of the account whose id begins so: REASON_NOT_FOUND, REASON_INVALID for several. */
MUST_CHECK bool store_held_request_find_by_id(struct store_tx *tx, int64_t account_id,
					      const char *prefix, int64_t now,
					      struct held_request *ret, struct error *err);
/* From `from` to what `request` says now (state, decided, decided_by, remark, ends,
 * certificate_id); REASON_NOT_FOUND when it is in another state by now. */
MUST_CHECK bool store_held_request_settle(struct store_tx *tx, const struct held_request *request,
					  enum held_state from, struct error *err);

/* How many of the account wait. */
MUST_CHECK bool store_held_request_count(struct store *store, int64_t account_id, int64_t now,
					 int64_t *ret, struct error *err);

struct store_held_filter {
	int64_t account_id, profile_id; /* profile_id 0: any */
	int state;                      /* -1: any */
	int64_t now;                    /* those that have ended are not there */
	int64_t before_id;              /* cursor, newest first; 0: from the newest */
	unsigned int limit;
};
/* Without their `tbs`; a callback that returns false stops. */
MUST_CHECK bool store_held_request_list(struct store *store, const struct store_held_filter *filter,
					bool (*each)(void *context,
						     const struct held_request *request),
					void *context, struct error *err);
/* Forgets what has ended; at most a thousand at a time. */
MUST_CHECK bool store_held_request_forget(struct store_tx *tx, int64_t now, int64_t *ret_count,
					  struct error *err);
