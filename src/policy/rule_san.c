#include "policy/rule.h"

#include "policy/names.h"

bool rule_san(struct decision *decision, struct error *err)
{
	return san_build(decision->profile, csr_san(decision->facts->csr), &decision->san, err) &&
	       names_check_present(&decision->subject, &decision->san, err);
}
