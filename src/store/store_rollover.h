/* Changes of a CA's key and certificate. What changes the configuration raises the catalog's
 * version.
 */
#pragma once

#include "model/fetch.h"
#include "store/store.h"

struct store_rollover {
	int64_t account_id, old_ca_id, new_ca_id, started;
	struct bytes old_with_new, new_with_old; /* DER; both empty where no root is replaced */
};
MUST_CHECK bool store_rollover_insert(struct store_tx *tx, const struct store_rollover *rollover,
				      int64_t *ret_id, struct error *err);
/* REASON_NOT_FOUND when it is finished already. */
MUST_CHECK bool store_rollover_finish(struct store_tx *tx, int64_t account_id, int64_t id,
				      int64_t at, struct error *err);

/* The CA has a new certificate for its old key; it also takes the old one's place in the chains of
 * the account's CAs below. */
MUST_CHECK bool store_ca_renew(struct store_tx *tx, const struct ca *ca, struct bytes cert,
			       const struct bytes *chain, size_t chain_count, struct error *err);

/* Counts who fetched /cacerts, once: as the device that the key's newest certificate was issued to,
 * or else by address, a /64 of IPv6 as one. Beyond ROLLOVER_FETCHES_MAX nobody is counted any more.
 */
#define ROLLOVER_FETCHES_MAX 1000000
MUST_CHECK bool store_rollover_note_fetch(struct store_tx *tx, int64_t rollover_id,
					  int64_t account_id, const struct fetch *fetch,
					  struct error *err);
struct store_fetches {
	int64_t devices, addresses;
};
MUST_CHECK bool store_rollover_fetches(struct store *store, int64_t rollover_id,
				       struct store_fetches *ret, struct error *err);

/* Devices of a CA: subjects of a profile, each counted once whatever number of certificates it got.
 */
struct store_ca_devices {
	int64_t issued; /* that got a certificate of the CA, not revoked, ever */
	int64_t left;   /* that hold a valid one and got none of another CA since */
};
MUST_CHECK bool store_ca_devices_count(struct store *store, int64_t ca_id, int64_t now,
				       struct store_ca_devices *ret, struct error *err);
