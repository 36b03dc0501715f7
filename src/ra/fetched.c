#include "ra/fetched.h"

#include "ra/cacerts.h"
#include "ra/enrollment.h"
#include "store/store_rollover.h"

static bool note(struct ra *ra, const struct catalog *catalog, const struct profile *profile,
		 const struct fetch *fetch, struct error *err)
{
	const struct ca *ca = catalog_ca(catalog, profile->ca_id);
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	struct cacerts cacerts = { 0 };

	if (ca)
		cacerts_collect(catalog, ca, &cacerts);
	if (cacerts.rollover_count == 0)
		return true;
	if (!store_begin(ra->options.store, &tx, err))
		return false;
	for (size_t i = 0; i < cacerts.rollover_count; i++)
		if (!store_rollover_note_fetch(tx, cacerts.rollovers[i], profile->account_id, fetch,
					       err))
			return false;
	return store_commit_lazily(TAKE(tx), err);
}

void ra_note_fetch(struct ra *ra, const struct fetch *fetch)
{
	CLEANUP(catalog_unrefp) struct catalog *catalog = ra_catalog(ra);
	const struct profile *profile = catalog_profile(catalog, fetch->profile_id);

	if (profile)
		(void)!note(ra, catalog, profile, fetch, NULL);
}
