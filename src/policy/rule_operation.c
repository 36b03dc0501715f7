#include "policy/rule.h"

/* Everything that issues is named here; whatever else comes, known or not, ends here (CI-01). */
bool rule_operation(struct decision *decision, struct error *err)
{
	switch (decision->facts->operation) {
	case EST_SIMPLEENROLL:
	case EST_SIMPLEREENROLL:
		return true;
	case EST_SERVERKEYGEN:
		return decision->profile->serverkeygen ||
		       error_set(err, REASON_UNKNOWN_OPERATION,
				 "the profile has serverkeygen switched off");
	case EST_CACERTS:
	case EST_CSRATTRS:
	case EST_FULLCMC:
	case EST_OPERATION_COUNT:
		break;
	}
	return error_set(err, REASON_UNKNOWN_OPERATION, "operation %d issues no certificate here",
			 (int)decision->facts->operation);
}
