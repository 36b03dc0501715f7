/* Makes CRLs (RFC 5280 5): full ones and deltas, of what the store says is revoked.
 *
 * A number is the time in seconds, or one more than the last where that was as late, or than what a
 * restoration has set: so numbers rise also on a store that was restored from an older backup
 * (threats CR-05, FT-11). */
#pragma once

#include "base/clock.h"
#include "ca/signer.h"
#include "model/catalog.h"
#include "model/crl.h"
#include "store/store.h"

struct crl_schedule {
	int64_t validity;         /* seconds from thisUpdate to nextUpdate of a full CRL */
	int64_t interval;         /* a new full one so long after the last, at the latest */
	int64_t after_revocation; /* so long after a change, to take in what else comes */
	int64_t delta_interval;   /* deltas this often, and full ones at `interval` only; 0: none */
};
extern const struct crl_schedule crl_schedule_default;

struct crl_issuer_options {
	struct store *store; /* borrowed, as the rest */
	struct signer *signer;
	const struct clock *clock;
	struct crl_schedule schedule;
	const char *url; /* where relying parties reach the node; NULL: nobody told */
	/* Called with each CRL that is durable from now on; on the thread that made it. */
	void (*on_issued)(void *context, const struct ca *ca, const struct crl *crl);
	void *context;
};

struct crl_issuer;
MUST_CHECK bool crl_issuer_new(const struct crl_issuer_options *options, struct crl_issuer **ret,
			       struct error *err);
void crl_issuer_free(struct crl_issuer *issuer);
DEFINE_CLEANUP(struct crl_issuer *, crl_issuer_free)

/* Makes a full CRL now, and with it an empty delta where there are deltas. `actor` stands in the
 * audit log. *ret, without DER, may be NULL. REASON_CA_UNAVAILABLE when the key cannot sign;
 * REASON_CONFLICT for a CA that may not sign CRLs. Thread-safe: one at a time. */
MUST_CHECK bool crl_issuer_issue(struct crl_issuer *issuer, const struct ca *ca, const char *actor,
				 struct crl *ret, struct error *err);
/* Makes whatever CRL of the CA is due. Thread-safe. */
MUST_CHECK bool crl_issuer_issue_due(struct crl_issuer *issuer, const struct ca *ca,
				     struct error *err);
/* Active and retired CAs publish; one that is disabled, or whose certificate does not let it sign
 * CRLs, does not. */
bool ca_publishes(const struct ca *ca);
