#include "policy/rule.h"

static bool check_renewed_is_known(const struct decision *decision, struct error *err)
{
	if (!decision->facts->renewed || !decision->facts->renewed_cert)
		return error_set(err, REASON_RENEWAL_NOT_ALLOWED,
				 "there is no certificate of this name to renew");
	return true;
}

static bool check_renewed_is_this_profiles(const struct decision *decision, struct error *err)
{
	const struct certificate *renewed = decision->facts->renewed;

	if (renewed->account_id != decision->profile->account_id ||
	    renewed->profile_id != decision->profile->id)
		return error_set(err, REASON_WRONG_PROFILE,
				 "the certificate to renew was not issued by profile %s",
				 decision->profile->name);
	return true;
}

/* A sibling of the same name does not speak for the certificate to renew (RN-08). */
static bool check_renewed_is_the_presented(const struct decision *decision, struct error *err)
{
	if (decision->facts->renewed->id != decision->facts->certificate.record->id)
		return error_set(err, REASON_RENEWAL_NOT_ALLOWED,
				 "the certificate to renew is not the one presented");
	return true;
}

static bool begin_renewal(struct decision *decision, struct error *err)
{
	if (!check_renewed_is_known(decision, err) ||
	    !check_renewed_is_this_profiles(decision, err))
		return false;
	if (decision->identity == IDENTITY_OWN && !check_renewed_is_the_presented(decision, err))
		return false;
	decision->renews = true;
	decision_note(decision, "renewal");
	return true;
}

static bool begin_enrollment(struct decision *decision)
{
	decision_note(decision, "enrollment");
	return true;
}

static bool check_reenroll(struct decision *decision, struct error *err)
{
	switch (decision->identity) {
	case IDENTITY_OWN:
		if (decision->facts->certificate.record->profile_id != decision->profile->id)
			return error_set(err, REASON_WRONG_PROFILE,
					 "the client certificate was not issued by profile %s",
					 decision->profile->name);
		return begin_renewal(decision, err);
	case IDENTITY_RA:
		return begin_renewal(decision, err);
	case IDENTITY_THIRD_PARTY:
	case IDENTITY_PASSPHRASE:
	case IDENTITY_NOBODY:
	case IDENTITY_CODE:
	case IDENTITY_NONE:
		break;
	}
	return error_set(err, REASON_RENEWAL_NOT_ALLOWED,
			 "only a certificate that this profile issued can be renewed here");
}

/* ENR-10: an enroll that comes with a certificate of this very profile. */
static bool check_own_certificate(struct decision *decision, struct error *err)
{
	switch (decision->profile->own_certificate) {
	case OWN_CERTIFICATE_RENEWS:
		return begin_renewal(decision, err);
	case OWN_CERTIFICATE_ENROLLS:
		return begin_enrollment(decision);
	case OWN_CERTIFICATE_REFUSED:
		break;
	}
	return error_set(err, REASON_RENEWAL_NOT_ALLOWED,
			 "the profile refuses simpleenroll with its own certificates");
}

bool rule_enrollment_kind(struct decision *decision, struct error *err)
{
	if (decision->facts->operation == EST_SIMPLEREENROLL)
		return check_reenroll(decision, err);
	if (decision->identity == IDENTITY_OWN &&
	    decision->facts->certificate.record->profile_id == decision->profile->id)
		return check_own_certificate(decision, err);
	return begin_enrollment(decision);
}
