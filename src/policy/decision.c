#include "policy/decision.h"

#include <stdarg.h>
#include <stdio.h>

void decision_note(struct decision *decision, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(decision->words, sizeof decision->words, format, args);
	va_end(args);
}

void decision_done(struct decision *decision)
{
	name_done(&decision->subject);
	san_done(&decision->san);
}

bool decision_by_certificate(const struct decision *decision)
{
	return decision->identity == IDENTITY_OWN || decision->identity == IDENTITY_THIRD_PARTY ||
	       decision->identity == IDENTITY_RA;
}

static bool own_certificate_of_this_profile(const struct decision *decision)
{
	return decision->identity == IDENTITY_OWN &&
	       decision->facts->certificate.record->profile_id == decision->profile->id;
}

bool decision_asks_renewal(const struct decision *decision)
{
	return decision->facts->operation == EST_SIMPLEREENROLL ||
	       (own_certificate_of_this_profile(decision) &&
		decision->profile->own_certificate == OWN_CERTIFICATE_RENEWS);
}
