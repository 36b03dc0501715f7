/* What CRLs and OCSP answers say, and the CRLs in force. */
#pragma once

#include "model/certificate.h"
#include "model/crl.h"
#include "store/store.h"

/* The CRL in force, without its DER unless `with_der`. REASON_NOT_FOUND: none was made. */
MUST_CHECK bool store_crl_find(struct store *store, int64_t ca_id, enum crl_kind kind,
			       bool with_der, struct crl *ret, struct error *err);
/* Takes the place of the one before it. A number that is not above that of every CRL of the CA is
 * REASON_CONFLICT: numbers only rise (RFC 5280 5.2.3). */
MUST_CHECK bool store_crl_put(struct store_tx *tx, const struct crl *crl, struct error *err);
/* A full CRL and the empty delta of the same moment share their number. */
MUST_CHECK bool store_crl_put_pair(struct store_tx *tx, const struct crl *full,
				   const struct crl *delta, struct error *err);

/* One line of a CA's list. Views last for the call. */
struct revoked {
	struct bytes serial;
	int64_t revoked_at, invalidity_date;
	enum revocation_reason reason;
};
struct revoked_filter {
	int64_t ca_id;
	int64_t from, until; /* revoked_at, both inclusive */
	int64_t ends_from;   /* certificates that end earlier are left out */
};
/* In the order of their revocation. `each` returns false to stop. */
MUST_CHECK bool store_revoked_each(struct store *store, const struct revoked_filter *filter,
				   bool (*each)(void *context, const struct revoked *revoked),
				   void *context, struct error *err);
/* Holds that ended at `since` or later. */
MUST_CHECK bool store_released_each(struct store *store, int64_t ca_id, int64_t since,
				    bool (*each)(void *context, struct bytes serial,
						 int64_t released_at),
				    void *context, struct error *err);
/* How often the CA's list has changed; and whether an entry begins after `since` and until `now`.
 */
MUST_CHECK bool store_revocation_changes(struct store *store, int64_t ca_id, int64_t *ret,
					 struct error *err);
MUST_CHECK bool store_revocation_begins(struct store *store, int64_t ca_id, int64_t since,
					int64_t now, bool *ret, struct error *err);
