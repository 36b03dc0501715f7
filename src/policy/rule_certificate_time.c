#include "policy/rule.h"

#include "base/clock.h"

static bool expiry_is_for_the_renewal_rules(const struct decision *decision)
{
	return decision->identity == IDENTITY_OWN && decision_asks_renewal(decision);
}

bool rule_certificate_time(struct decision *decision, struct error *err)
{
	const struct cert *cert = decision->facts->certificate.cert;
	int64_t now = decision->facts->now;
	char text[TIME_TEXT_MAX], now_text[TIME_TEXT_MAX];

	if (now < cert_not_before(cert))
		return error_set(
			err, REASON_CERT_NOT_YET_VALID, "the certificate begins %s, it is %s",
			time_to_text(cert_not_before(cert), text), time_to_text(now, now_text));
	if (now <= cert_not_after(cert))
		return true;
	/* an expired certificate may renew, and only renew */
	if (expiry_is_for_the_renewal_rules(decision)) {
		decision_note(decision, "expired; the renewal rules judge it");
		return true;
	}
	return error_set(err, REASON_CERT_EXPIRED, "the certificate ended %s, it is %s",
			 time_to_text(cert_not_after(cert), text), time_to_text(now, now_text));
}
