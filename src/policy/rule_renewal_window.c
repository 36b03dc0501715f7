#include "policy/rule.h"

#include "base/clock.h"

/* Seconds are 64 bits wide; a sum that still runs over stays at the end that it ran to. */
static int64_t later(int64_t moment, int64_t seconds)
{
	int64_t sum;

	if (!__builtin_add_overflow(moment, seconds, &sum))
		return sum;
	return seconds > 0 ? INT64_MAX : INT64_MIN;
}

static int64_t earlier(int64_t moment, int64_t seconds)
{
	int64_t difference;

	if (!__builtin_sub_overflow(moment, seconds, &difference))
		return difference;
	return seconds > 0 ? INT64_MIN : INT64_MAX;
}

static bool check_opened(int64_t opens, int64_t now, struct error *err)
{
	char text[TIME_TEXT_MAX];

	if (now < opens)
		return error_set(err, REASON_RENEWAL_TOO_EARLY,
				 "the window opens %s, in %lld seconds", time_to_text(opens, text),
				 (long long)(opens - now));
	return true;
}

static bool check_not_closed(const struct profile *profile, int64_t not_after, int64_t now,
			     struct error *err)
{
	char text[TIME_TEXT_MAX];
	int64_t closes = later(not_after, profile->window_closes_seconds);

	if (profile->window_closes_seconds != WINDOW_WITHOUT_END && now > closes)
		return error_set(err, REASON_RENEWAL_TOO_LATE, "the window closed %s",
				 time_to_text(closes, text));
	return true;
}

static bool check_while_valid(const struct profile *profile, int64_t not_after, int64_t now,
			      struct error *err)
{
	switch (profile->renew_valid) {
	case RENEW_VALID_ANY_TIME:
		return true;
	case RENEW_VALID_IN_WINDOW:
		return check_opened(earlier(not_after, profile->window_opens_seconds), now, err);
	case RENEW_VALID_NEVER:
		break;
	}
	return error_set(err, REASON_RENEWAL_NOT_ALLOWED,
			 "the profile does not renew certificates that are still valid");
}

static bool check_after_expiry(const struct profile *profile, int64_t not_after, int64_t now,
			       struct error *err)
{
	char text[TIME_TEXT_MAX];

	switch (profile->renew_expired) {
	case RENEW_EXPIRED_IN_WINDOW:
		return check_not_closed(profile, not_after, now, err);
	case RENEW_EXPIRED_NEVER:
		break;
	}
	return error_set(err, REASON_CERT_EXPIRED,
			 "the certificate ended %s, and the profile does not renew expired ones",
			 time_to_text(not_after, text));
}

static bool check_begun(const struct cert *cert, int64_t now, struct error *err)
{
	char text[TIME_TEXT_MAX];

	if (now < cert_not_before(cert))
		return error_set(err, REASON_CERT_NOT_YET_VALID,
				 "the certificate to renew begins %s",
				 time_to_text(cert_not_before(cert), text));
	return true;
}

/* The certificate being renewed is judged here also when an RA's certificate spoke for it. Both
 * ends of the window are inside it, to the second. */
bool rule_renewal_window(struct decision *decision, struct error *err)
{
	const struct cert *cert = decision->facts->renewed_cert;
	int64_t not_after = cert_not_after(cert);
	int64_t now = decision->facts->now;

	if (!record_check(decision->facts->renewed, now, err) || !check_begun(cert, now, err))
		return false;
	if (now <= not_after)
		return check_while_valid(decision->profile, not_after, now, err);
	return check_after_expiry(decision->profile, not_after, now, err);
}
