/* The devices on profiles' lists. */
#pragma once

#include "model/device.h"
#include "store/store.h"

/* *ret_new is false, and *ret_id the present one's, when its identity is on the profile's list:
 * that entry stays as it is. */
MUST_CHECK bool store_device_insert(struct store_tx *tx, const struct device *device,
				    int64_t *ret_id, bool *ret_new, struct error *err);
/* Takes its code and its certificates' link along. REASON_NOT_FOUND. */
MUST_CHECK bool store_device_delete(struct store_tx *tx, int64_t id, struct error *err);
/* `at` 0 ends the suspension. REASON_NOT_FOUND. */
MUST_CHECK bool store_device_suspend(struct store_tx *tx, int64_t id, int64_t at,
				     struct error *err);
/* The device got this certificate, which was just entered. REASON_NOT_FOUND when it is gone from
 * the list. */
MUST_CHECK bool store_device_note_certificate(struct store_tx *tx, int64_t id,
					      int64_t certificate_id, struct error *err);

MUST_CHECK bool store_device_find(struct store *store, int64_t id, struct device *ret,
				  struct error *err);
MUST_CHECK bool store_device_find_tx(struct store_tx *tx, int64_t id, struct device *ret,
				     struct error *err);
/* By serial number or fingerprint (64 lower-case digits), either of which may be NULL. Where both
 * have an entry the suspended one counts, then the fingerprint's. REASON_NOT_FOUND. */
MUST_CHECK bool store_device_find_by_identity(struct store *store, int64_t profile_id,
					      const char *serial, const char *fingerprint,
					      struct device *ret, struct error *err);
/* Sees what the transaction has done. */
MUST_CHECK bool store_device_find_by_identity_tx(struct store_tx *tx, int64_t profile_id,
						 const char *serial, const char *fingerprint,
						 struct device *ret, struct error *err);
/* The one that got the certificate. REASON_NOT_FOUND. */
MUST_CHECK bool store_device_find_by_certificate(struct store *store, int64_t certificate_id,
						 struct device *ret, struct error *err);

struct store_device_filter {
	int64_t profile_id;
	int state;        /* -1: any; else enum device_state */
	bool lacks_code;  /* those without a code that still has a use */
	int64_t after_id; /* cursor: ids above this */
	int64_t now;
	unsigned int limit;
};
/* Oldest first. A callback that returns false stops; the record is the store's for the call. */
MUST_CHECK bool store_device_list(struct store *store, const struct store_device_filter *filter,
				  bool (*each)(void *context, const struct device *device),
				  void *context, struct error *err);
