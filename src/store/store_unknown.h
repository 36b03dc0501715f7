/* Certificates that a CA of ours has signed and that the store does not know, as clients have shown
 * them: a backup was restored, or the CA's key is in other hands. Bounded: the oldest beyond
 * STORE_UNKNOWN_MAX go. */
#pragma once

#include "store/store.h"

#define STORE_UNKNOWN_MAX 20000 /* some 30 MB */

struct unknown_certificate {
	int64_t id, account_id, ca_id; /* whose CA signed it */
	int64_t profile_id;            /* where it was shown last; 0: at another account's */
	unsigned char fingerprint[CERT_FINGERPRINT_LEN];
	struct bytes serial;
	int64_t not_before, not_after;
	int64_t first_seen, last_seen, times;
	/* it begins between a backup and its taking over: the restoration explains it */
	bool is_lost;
	const char *subject, *peer;
	struct bytes der;
};

/* Once for each certificate; shown again, it is counted. first_seen, times and is_lost are given
 * here. */
MUST_CHECK bool store_unknown_note(struct store_tx *tx, const struct unknown_certificate *unknown,
				   struct error *err);
/* Those that have become known. */
MUST_CHECK bool store_unknown_forget(struct store_tx *tx,
				     const unsigned char fingerprint[CERT_FINGERPRINT_LEN],
				     struct error *err);

struct store_unknown_filter {
	int64_t account_id;
	struct bytes serial; /* empty: any */
	int64_t profile_id;  /* 0: any */
	bool only_lost;
	int64_t before_id; /* cursor: ids below this, 0: from the newest */
	unsigned int limit;
};
/* Newest first; the record is the store's for the call of `each`, which ends the list with false.
 */
MUST_CHECK bool store_unknown_list(struct store *store, const struct store_unknown_filter *filter,
				   bool (*each)(void *context,
						const struct unknown_certificate *unknown),
				   void *context, struct error *err);
MUST_CHECK bool store_unknown_count(struct store *store, int64_t account_id, int64_t *ret,
				    struct error *err);
