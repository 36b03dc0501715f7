#include "policy/rule.h"

#include "policy/names.h"

bool rule_san(struct decision *decision, struct error *err)
{
	const struct naming naming = decision_naming(decision);

	return san_build(&naming, &decision->san, err) &&
	       names_check_present(&decision->subject, &decision->san, err);
}
