/* Enrollment codes of devices, as verifiers. */
#pragma once

#include "base/hash.h"
#include "model/device.h"
#include "store/store.h"

/* Takes the place of the device's present code; codes of nobody in particular stand side by side.
 */
MUST_CHECK bool store_device_code_insert(struct store_tx *tx, const struct device_code *code,
					 int64_t *ret_id, struct error *err);
/* Counts one use, and forgets what failed before; *ret_used is false, and nothing is written, when
 * the code has none left, is locked, ended or gone. This alone decides between two at once. */
MUST_CHECK bool store_device_code_use(struct store_tx *tx, int64_t id, int64_t now, bool *ret_used,
				      struct error *err);
/* Somebody guessed at the device's code; the guess number `tries` locks it, and 0 never does.
 * *ret_locked tells how it stands now. */
MUST_CHECK bool store_device_code_note_failure(struct store_tx *tx, int64_t device_id,
					       unsigned int tries, int64_t now, bool *ret_locked,
					       struct error *err);
/* *ret_was_locked tells whether there was anything to unlock. */
MUST_CHECK bool store_device_code_unlock(struct store_tx *tx, int64_t device_id,
					 bool *ret_was_locked, struct error *err);

/* -- finding: inside a transaction, so that what was just counted is seen --
 * REASON_NOT_FOUND. */
MUST_CHECK bool store_device_code_find(struct store_tx *tx, int64_t id, struct device_code *ret,
				       struct error *err);
MUST_CHECK bool store_device_code_find_by_device(struct store_tx *tx, int64_t device_id,
						 struct device_code *ret, struct error *err);
/* By its whole keyed hash. */
MUST_CHECK bool store_device_code_find_by_hash(struct store_tx *tx, int64_t profile_id,
					       const unsigned char hash[HASH_LEN],
					       struct device_code *ret, struct error *err);
/* The profile has codes, whatever their state. */
MUST_CHECK bool store_device_code_any(struct store *store, int64_t profile_id, bool *ret_any,
				      struct error *err);
