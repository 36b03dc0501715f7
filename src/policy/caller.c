/* What a known caller may do beside having certificates issued. */
#include "policy/policy.h"

#include "policy/rule.h"

static bool check_recorded(struct decision *decision, struct error *err)
{
	return !decision->facts->certificate.record || rule_revocation(decision, err);
}

static bool check_scope(struct decision *decision, struct error *err)
{
	return decision->identity != IDENTITY_RA || rule_ra_scope(decision, err);
}

/* The first of decide.c's rules, for whoever authenticates by a certificate. */
static bool (*const rules[])(struct decision *, struct error *) = {
	rule_profile_state,    rule_address,   rule_authentication,
	rule_certificate_time, check_recorded, check_scope,
};

static bool find_caller(struct decision *decision, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (!rules[i](decision, err))
			return false;
	return true;
}

bool policy_knows_caller(const struct profile *profile, const struct facts *facts,
			 struct error *err)
{
	struct decision decision = { .profile = profile, .facts = facts };

	return find_caller(&decision, err);
}

static bool check_target(const struct decision *decision, const struct certificate *target,
			 struct error *err)
{
	switch (decision->identity) {
	case IDENTITY_OWN:
		return target->id == decision->facts->certificate.record->id ||
		       error_set(err, REASON_NAME_NOT_AUTHORIZED,
				 "a device revokes the certificate that it signs with, and no "
				 "other");
	case IDENTITY_RA:
		return (target->account_id == decision->profile->account_id &&
			target->profile_id == decision->profile->id) ||
		       error_set(err, REASON_NAME_NOT_AUTHORIZED,
				 "an RA revokes certificates of the profile that it calls");
	case IDENTITY_THIRD_PARTY:
	case IDENTITY_PASSPHRASE:
	case IDENTITY_NOBODY:
	case IDENTITY_CODE:
	case IDENTITY_NONE:
		break;
	}
	return error_set(err, REASON_NAME_NOT_AUTHORIZED,
			 "only a certificate of ours, or an RA's, speaks for a revocation");
}

bool policy_may_revoke(const struct profile *profile, const struct facts *facts,
		       const struct certificate *target, struct error *err)
{
	struct decision decision = { .profile = profile, .facts = facts };

	return find_caller(&decision, err) && check_target(&decision, target, err);
}
