#include "policy/rule.h"

static bool is_required(const struct profile *profile)
{
	return profile->binding != BINDING_OPTIONAL;
}

static bool check_absent(struct decision *decision, struct error *err)
{
	if (is_required(decision->profile))
		return error_set(err, REASON_POP_LINK_MISSING,
				 "the request carries no binding to its TLS session");
	decision_note(decision, "no binding in the request, and none required");
	return true;
}

/* POP-06: said openly, never passed over where the profile wants it. */
static bool check_not_comparable(struct decision *decision, struct error *err)
{
	if (is_required(decision->profile))
		return error_set(err, REASON_POP_LINK_FAILED,
				 "TLS ends at a proxy, so the binding cannot be compared");
	decision_note(decision, "TLS ends at a proxy: the binding was not compared");
	return true;
}

/* RFC 7030 3.5: the request is tied to this TLS session, so that it proves possession by the one
 * who authenticated. The CSR's own signature was verified at the edge. */
bool rule_possession(struct decision *decision, struct error *err)
{
	switch (decision->facts->binding) {
	case BINDING_MATCHES:
		decision_note(decision, "bound to this TLS session");
		return true;
	case BINDING_ABSENT:
		return check_absent(decision, err);
	case BINDING_NOT_COMPARABLE:
		return check_not_comparable(decision, err);
	case BINDING_DIFFERS:
		break;
	}
	return error_set(err, REASON_POP_LINK_FAILED,
			 "the request is bound to another TLS session than this");
}
