#include "policy/rule.h"

bool rule_address(struct decision *decision, struct error *err)
{
	char text[ADDRESS_TEXT_MAX];
	const char *peer = address_to_text(&decision->facts->peer, text);

	if (!decision->facts->address_allowed)
		return error_set(err, REASON_IP_NOT_ALLOWED, "%s is not in the list of account %s",
				 peer, decision->facts->account->name);
	decision_note(decision, "%s", peer);
	return true;
}
