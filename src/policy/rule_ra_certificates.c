#include "policy/rule.h"

/* CS-37: a certificate with id-kp-cmcRA speaks for others wherever it is trusted, so a profile that
 * grants it opens no door of its own. Only an RA asks for one, and only one whose scope an operator
 * wrote with this very profile in it: "all profiles" was not said with this in mind. What it gets
 * speaks for nobody here until an operator gives it a scope too. */
bool rule_ra_certificates(struct decision *decision, struct error *err)
{
	const struct ra_scope *scope = decision->facts->certificate.scope;

	if (decision->identity != IDENTITY_RA || !ra_scope_lists(scope, decision->profile))
		return error_set(err, REASON_RA_SCOPE,
				 "profile %s makes RA certificates: only for an RA certificate "
				 "whose scope names it",
				 decision->profile->name);
	return true;
}
