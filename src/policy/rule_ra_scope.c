#include "policy/rule.h"

bool ra_scope_lists(const struct ra_scope *scope, const struct profile *profile)
{
	if (!scope || scope->account_id != profile->account_id)
		return false;
	for (size_t i = 0; i < scope->profile_count; i++)
		if (scope->profile_ids[i] == profile->id)
			return true;
	return false;
}

static bool reaches(const struct ra_scope *scope, const struct profile *profile)
{
	return ra_scope_lists(scope, profile) ||
	       (scope && scope->all_profiles && scope->account_id == profile->account_id);
}

bool rule_ra_scope(struct decision *decision, struct error *err)
{
	const struct ra_scope *scope = decision->facts->certificate.scope;

	if (!reaches(scope, decision->profile))
		return error_set(err, REASON_RA_SCOPE,
				 "RA certificate %s does not reach profile %s",
				 scope ? scope->name : "without a scope", decision->profile->name);
	return true;
}
