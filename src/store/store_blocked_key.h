/* Keys that no certificate is issued for, whichever account asks: a weak key is weak for everybody.
 */
#pragma once

#include "store/store.h"

#define BLOCKED_FINGERPRINT_MAX 32 /* octets; what a fingerprint is of, its length tells */

/* *ret_new is false when it was there. */
MUST_CHECK bool store_blocked_key_insert(struct store_tx *tx, struct bytes fingerprint,
					 int64_t created, const char *remark, bool *ret_new,
					 struct error *err);
/* REASON_NOT_FOUND. */
MUST_CHECK bool store_blocked_key_delete(struct store_tx *tx, struct bytes fingerprint,
					 struct error *err);
/* Whether any of the two stands there; an empty one stands nowhere. */
MUST_CHECK bool store_blocked_key_find(struct store_tx *tx, struct bytes one, struct bytes other,
				       bool *ret_found, struct error *err);
MUST_CHECK bool store_blocked_key_count(struct store *store, int64_t *ret, struct error *err);
/* In the order of their octets, those behind `after`. */
MUST_CHECK bool store_blocked_key_list(struct store *store, struct bytes after, unsigned int limit,
				       bool (*each)(void *context, struct bytes fingerprint,
						    int64_t created, const char *remark),
				       void *context, struct error *err);
