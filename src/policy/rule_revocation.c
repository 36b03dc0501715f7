#include "policy/rule.h"

#include "base/clock.h"

static bool refuse_revoked(const struct certificate *record, struct error *err)
{
	char text[TIME_TEXT_MAX];
	const char *why = revocation_reason_text(record->revocation_reason);

	return error_set(err, REASON_CERT_REVOKED, "revoked %s: %s",
			 time_to_text(record->revoked_at, text), why ? why : "unspecified");
}

/* A time in the future is a revocation that has yet to come (RENEW_OLD_REVOKED_LATER). */
static bool is_revoked(const struct certificate *record, int64_t now)
{
	if (record->revoked_at == 0)
		return record->state == CERTIFICATE_REVOKED;
	return record->revoked_at <= now;
}

bool record_check(const struct certificate *record, int64_t now, struct error *err)
{
	switch (record->state) {
	case CERTIFICATE_ISSUED:
	case CERTIFICATE_REVOKED:
		return !is_revoked(record, now) || refuse_revoked(record, err);
	case CERTIFICATE_INTENT:
	case CERTIFICATE_ABANDONED:
		break;
	}
	/* it never left us by way of the store, so somebody else completed it */
	return error_set(err, REASON_CERT_UNKNOWN, "the certificate was never recorded as issued");
}

bool rule_revocation(struct decision *decision, struct error *err)
{
	return record_check(decision->facts->certificate.record, decision->facts->now, err);
}
