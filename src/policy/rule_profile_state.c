#include "policy/rule.h"

/* Nothing crosses from one account to another, whatever the caller put together. */
static bool check_account(const struct decision *decision, struct error *err)
{
	const struct account *account = decision->facts->account;

	if (!account || account->id != decision->profile->account_id)
		return error_set(err, REASON_INTERNAL,
				 "the facts are of another account than the profile");
	return true;
}

bool rule_profile_state(struct decision *decision, struct error *err)
{
	if (!check_account(decision, err))
		return false;
	switch (decision->profile->state) {
	case PROFILE_ACTIVE:
		return true;
	case PROFILE_SUSPENDED:
		return error_set(err, REASON_PROFILE_SUSPENDED, "profile %s is suspended",
				 decision->profile->name);
	}
	return error_set(err, REASON_INTERNAL, "profile %s has the unknown state %d",
			 decision->profile->name, (int)decision->profile->state);
}
