/* What becomes of a certificate that has been renewed. */
#include "ra/enrollment.h"

#include <stdio.h>

#include "store/store_audit.h"
#include "store/store_certificate.h"

/* `profile` issued the certificate: its account's log tells of the end. */
static bool revoke_superseded(const struct profile *profile, struct store_tx *tx, int64_t id,
			      int64_t at, struct error *err)
{
	char object[64];
	const struct audit_entry entry = {
		.account_id = profile->account_id,
		.actor = "profile",
		.action = "certificate.revoke",
		.object = object,
		.after = "superseded",
	};

	snprintf(object, sizeof object, "certificate id %lld", (long long)id);
	return store_certificate_revoke(tx, id, REVOKED_SUPERSEDED, at, 0, err) &&
	       store_audit_append(tx, &entry, err);
}

bool old_certificate_on_renewal(struct enrollment *e, struct store_tx *tx, struct error *err)
{
	if (!e->verdict.renews || !e->facts.renewed ||
	    e->profile->renew_old != RENEW_OLD_REVOKED_LATER)
		return true;
	return revoke_superseded(e->profile, tx, e->facts.renewed->id,
				 e->facts.now + e->profile->renew_old_seconds, err);
}

static bool is_revoked(struct enrollment *e, int64_t id)
{
	CLEANUP(certificate_done) struct certificate old = { 0 };

	return !store_certificate_find(e->ra->options.store, id, &old, NULL) || old.revoked_at != 0;
}

bool old_certificate_on_use(struct enrollment *e, struct error *err)
{
	const struct certificate *record = e->facts.certificate.record;
	const struct profile *issuer =
		record ? catalog_profile(e->catalog, record->profile_id) : NULL;
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;

	if (!issuer || issuer->renew_old != RENEW_OLD_REVOKED_ON_USE || record->renews_id == 0 ||
	    is_revoked(e, record->renews_id))
		return true;
	return store_begin(e->ra->options.store, &tx, err) &&
	       revoke_superseded(issuer, tx, record->renews_id, e->facts.now, err) &&
	       store_commit_lazily(TAKE(tx), err);
}
