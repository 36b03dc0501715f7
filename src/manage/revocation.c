#include "manage/revocation.h"

bool revocation_reason_read(const struct call *call, enum revocation_reason *ret, struct error *err)
{
	const char *text = param_text(call->params, "reason");
	int reason = text ? revocation_reason_by_text(text) : REVOKED_UNSPECIFIED;

	if (reason < 0 || reason == REVOKED_CERTIFICATE_HOLD)
		return error_set(err, REASON_INVALID,
				 "params.reason: %s is none of unspecified, keyCompromise, "
				 "cACompromise, affiliationChanged, superseded, "
				 "cessationOfOperation, privilegeWithdrawn, aACompromise",
				 text);
	*ret = (enum revocation_reason)reason;
	return true;
}
