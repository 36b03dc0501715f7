#include "model/certificate.h"

#include <stdlib.h>
#include <string.h>

/* By the numbers of RFC 5280 5.3.1, in its words. removeFromCRL (8) is no reason to revoke. */
static const char *const revocation_texts[] = {
	[REVOKED_UNSPECIFIED] = "unspecified",
	[REVOKED_KEY_COMPROMISE] = "keyCompromise",
	[REVOKED_CA_COMPROMISE] = "cACompromise",
	[REVOKED_AFFILIATION_CHANGED] = "affiliationChanged",
	[REVOKED_SUPERSEDED] = "superseded",
	[REVOKED_CESSATION_OF_OPERATION] = "cessationOfOperation",
	[REVOKED_CERTIFICATE_HOLD] = "certificateHold",
	[REVOKED_PRIVILEGE_WITHDRAWN] = "privilegeWithdrawn",
	[REVOKED_AA_COMPROMISE] = "aACompromise",
};

const char *revocation_reason_text(enum revocation_reason reason)
{
	return (unsigned int)reason < ARRAY_LEN(revocation_texts) ? revocation_texts[reason] : NULL;
}

int revocation_reason_by_text(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(revocation_texts); i++)
		if (revocation_texts[i] && strcmp(revocation_texts[i], text) == 0)
			return (int)i;
	return -1;
}

void certificate_done(struct certificate *certificate)
{
	free(certificate->subject);
	free(certificate->san);
	free(certificate->peer);
	free(certificate->requested_by);
	free(certificate->request_id);
	free(certificate->der);
	*certificate = (struct certificate){ 0 };
}

int64_t certificate_holds_until(const struct certificate *certificate)
{
	bool is_to_be_revoked = certificate->state == CERTIFICATE_REVOKED &&
				certificate->revoked_at < certificate->not_after;

	if (certificate->state != CERTIFICATE_ISSUED && certificate->state != CERTIFICATE_REVOKED)
		return 0;
	return is_to_be_revoked ? certificate->revoked_at : certificate->not_after;
}

const char *certificate_state_text(enum certificate_state state)
{
	switch (state) {
	case CERTIFICATE_INTENT:
		return "intent";
	case CERTIFICATE_ISSUED:
		return "issued";
	case CERTIFICATE_REVOKED:
		return "revoked";
	case CERTIFICATE_ABANDONED:
		break;
	}
	return "abandoned";
}

const char *certificate_purpose_text(enum certificate_purpose purpose)
{
	switch (purpose) {
	case PURPOSE_RA:
		return "ra";
	case PURPOSE_SERVER:
		return "server";
	case PURPOSE_CA:
		return "ca";
	case PURPOSE_OCSP:
		return "ocsp";
	case PURPOSE_DEVICE:
		break;
	}
	return "device";
}
