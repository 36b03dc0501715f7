#include "policy/rule.h"

#include "base/clock.h"

static bool check_time(const struct ca *ca, int64_t now, struct error *err)
{
	char text[TIME_TEXT_MAX];

	if (now < cert_not_before(ca->cert))
		return error_set(err, REASON_CA_UNAVAILABLE, "CA %s begins %s", ca->name,
				 time_to_text(cert_not_before(ca->cert), text));
	if (now > cert_not_after(ca->cert))
		return error_set(err, REASON_CA_EXPIRED, "CA %s ended %s", ca->name,
				 time_to_text(cert_not_after(ca->cert), text));
	return true;
}

/* An unknown state lets nobody in. */
static bool check_state(const struct ca *ca, struct error *err)
{
	switch (ca->state) {
	case CA_ACTIVE:
		return true;
	case CA_RETIRED:
		return error_set(err, REASON_CA_RETIRED, "CA %s", ca->name);
	case CA_DISABLED:
		return error_set(err, REASON_CA_DISABLED, "CA %s", ca->name);
	}
	return error_set(err, REASON_CA_UNAVAILABLE, "CA %s is in no known state", ca->name);
}

static bool check_owner(const struct ca *ca, int64_t account_id, struct error *err)
{
	if (!ca || !ca->cert)
		return error_set(err, REASON_CA_UNAVAILABLE, "there is no CA to sign");
	return ca->account_id == account_id ||
	       error_set(err, REASON_CA_UNAVAILABLE, "CA %s is of another account", ca->name);
}

/* Also of what a retired or revoked CA issued, relying parties ask. */
bool issuer_check_status(const struct ca *ca, int64_t account_id, int64_t now, struct error *err)
{
	if (!check_owner(ca, account_id, err))
		return false;
	if (ca->state == CA_DISABLED)
		return error_set(err, REASON_CA_DISABLED, "CA %s", ca->name);
	return check_time(ca, now, err);
}

bool issuer_check(const struct ca *ca, int64_t account_id, int64_t now, struct error *err)
{
	if (!check_owner(ca, account_id, err))
		return false;
	if (ca->revoked)
		return error_set(err, REASON_CA_UNAVAILABLE,
				 "the certificate of CA %s, or of one above it, is revoked",
				 ca->name);
	return check_state(ca, err) && check_time(ca, now, err);
}

bool rule_issuer(struct decision *decision, struct error *err)
{
	const struct profile *profile = decision->profile;
	const struct ca *ca = decision->facts->ca;

	if (!issuer_check(ca, profile->account_id, decision->facts->now, err))
		return false;
	if (ca->id != profile->ca_id)
		return error_set(err, REASON_CA_UNAVAILABLE, "CA %s is not that of profile %s",
				 ca->name, profile->name);
	if (profile->validity_seconds <= 0)
		return error_set(err, REASON_INTERNAL, "profile %s has no validity", profile->name);
	decision_note(decision, "CA %s", ca->name);
	return true;
}
