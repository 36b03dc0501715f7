#include "policy/rule.h"

/* What is being renewed is replaced, so the facts leave it out; but a certificate that was renewed
 * once counts no second time, and its other successors do (RN-12). The store counts again in the
 * transaction that enters the certificate. */
bool rule_limit(struct decision *decision, struct error *err)
{
	unsigned int limit = decision->profile->certificates_per_subject;

	if (limit == 0 || decision->facts->live < limit)
		return true;
	return error_set(err, REASON_SUBJECT_LIMIT,
			 "%u live certificates of this subject; the profile allows %u",
			 decision->facts->live, limit);
}
