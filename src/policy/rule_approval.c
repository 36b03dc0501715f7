#include "policy/rule.h"

/* Waiting is no refusal: whatever the profile would refuse is refused before an operator looks. */
static bool profile_holds(const struct decision *decision, bool *ret, struct error *err)
{
	switch (decision->profile->approval) {
	case APPROVAL_NONE:
		*ret = false;
		return true;
	case APPROVAL_ENROLLMENTS:
		*ret = !decision->renews;
		return true;
	case APPROVAL_ENROLLMENTS_AND_RENEWALS:
		*ret = true;
		return true;
	}
	return error_set(err, REASON_INTERNAL, "the unknown approval rule %d",
			 (int)decision->profile->approval);
}

/* A nobody that did not wait would be let in by nothing at all. */
bool rule_approval(struct decision *decision, struct error *err)
{
	if (!profile_holds(decision, &decision->waits, err))
		return false;
	if (decision->identity == IDENTITY_NOBODY && !decision->waits)
		return error_set(err, REASON_NO_CREDENTIALS, "no credentials were sent");
	decision_note(decision, "%s",
		      decision->waits ? "an operator decides" : "no operator is asked");
	return true;
}
