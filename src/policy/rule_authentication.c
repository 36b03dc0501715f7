#include "policy/rule.h"

static bool refuse_with(const struct error *failure, struct error *err)
{
	*err = *failure;
	return false;
}

static bool by_passphrase(struct decision *decision, struct error *err)
{
	const struct passphrase_finding *passphrase = &decision->facts->passphrase;

	if (!passphrase->offered)
		return error_set(err, REASON_NO_CREDENTIALS, "no passphrase was sent");
	if (passphrase->failure.reason != REASON_NONE)
		return refuse_with(&passphrase->failure, err);
	decision->identity = IDENTITY_PASSPHRASE;
	return true;
}

/* Accounts are apart even where two of them trust the same CA (CL-15). */
static bool check_anchor(const struct decision *decision, struct error *err)
{
	const struct anchor *anchor = decision->facts->certificate.anchor;

	if (!anchor || anchor->account_id != decision->profile->account_id)
		return error_set(err, REASON_UNTRUSTED_ISSUER,
				 "no EST-authentication CA of this account vouches for it");
	return true;
}

/* Ours, but not in our own store: a restored backup, or the CA's key in other hands (RN-06). */
static bool check_recorded(const struct decision *decision, struct error *err)
{
	const struct certificate *record = decision->facts->certificate.record;

	if (!record || record->account_id != decision->profile->account_id)
		return error_set(err, REASON_CERT_UNKNOWN,
				 "the account's store has no record of the certificate");
	return true;
}

static bool check_kind(const struct decision *decision, struct error *err)
{
	switch (decision->facts->certificate.kind) {
	case IDENTITY_OWN:
	case IDENTITY_RA:
		return check_recorded(decision, err);
	case IDENTITY_THIRD_PARTY:
		return true;
	case IDENTITY_NONE:
	case IDENTITY_NOBODY:
	case IDENTITY_PASSPHRASE:
	case IDENTITY_CODE:
		break;
	}
	return error_set(err, REASON_INTERNAL, "a certificate of the unknown kind %d",
			 (int)decision->facts->certificate.kind);
}

static bool by_certificate(struct decision *decision, struct error *err)
{
	const struct certificate_finding *certificate = &decision->facts->certificate;

	if (!certificate->offered)
		return error_set(err, REASON_NO_CLIENT_CERT, "no client certificate was sent");
	if (certificate->failure.reason != REASON_NONE)
		return refuse_with(&certificate->failure, err);
	if (!certificate->cert)
		return error_set(err, REASON_INTERNAL, "a finding without its certificate");
	if (!check_kind(decision, err) || !check_anchor(decision, err))
		return false;
	decision->identity = certificate->kind;
	return true;
}

static bool check_code(struct decision *decision, struct error *err)
{
	const struct code_finding *code = &decision->facts->code;

	if (!code->offered)
		return error_set(err, REASON_NO_CREDENTIALS, "no enrollment code was sent");
	if (code->failure.reason != REASON_NONE)
		return refuse_with(&code->failure, err);
	if (code->id == 0)
		return error_set(err, REASON_INTERNAL, "a finding without its code");
	decision->by_code = true;
	return true;
}

static bool by_code(struct decision *decision, struct error *err)
{
	if (!check_code(decision, err))
		return false;
	decision->identity = IDENTITY_CODE;
	return true;
}

/* Neither alone; who has shown only one of them has proven nothing yet. */
static bool by_certificate_and_code(struct decision *decision, struct error *err)
{
	if (!by_certificate(decision, err))
		return false;
	if (check_code(decision, err))
		return true;
	decision->identity = IDENTITY_NONE;
	return false;
}

/* An RA speaks for devices that cannot speak for themselves, also where devices use a passphrase or
 * a code; but only if its scope names this profile: "all" was not said with this in mind. */
static bool ra_stands_in(const struct decision *decision)
{
	const struct certificate_finding *certificate = &decision->facts->certificate;

	return !decision->facts->passphrase.offered && !decision->facts->code.offered &&
	       certificate->offered && certificate->failure.reason == REASON_NONE &&
	       certificate->kind == IDENTITY_RA &&
	       ra_scope_lists(certificate->scope, decision->profile);
}

/* A wrong passphrase refuses even beside a good certificate (CL-26): who offers it means it. */
static bool by_either(struct decision *decision, struct error *err)
{
	if (decision->facts->passphrase.offered)
		return by_passphrase(decision, err);
	if (decision->facts->certificate.offered)
		return by_certificate(decision, err);
	return error_set(err, REASON_NO_CREDENTIALS,
			 "neither a passphrase nor a client certificate was sent");
}

static bool by_method(struct decision *decision, struct error *err)
{
	switch (decision->profile->auth) {
	case AUTH_TLS_CERTIFICATE:
		return by_certificate(decision, err);
	case AUTH_PASSPHRASE:
		return ra_stands_in(decision) ? by_certificate(decision, err)
					      : by_passphrase(decision, err);
	case AUTH_EITHER:
		return by_either(decision, err);
	case AUTH_DEVICE_CODE:
		return ra_stands_in(decision) ? by_certificate(decision, err)
					      : by_code(decision, err);
	case AUTH_CERTIFICATE_AND_CODE:
		return by_certificate_and_code(decision, err);
	}
	return error_set(err, REASON_INTERNAL, "the unknown authentication method %d",
			 (int)decision->profile->auth);
}

/* RFC 7030 has no serverkeygen for renewals, so a renewal comes as one too; it needs no code. */
static bool renews_itself(const struct decision *decision)
{
	const struct certificate_finding *certificate = &decision->facts->certificate;

	return !decision->facts->code.offered && certificate->failure.reason == REASON_NONE &&
	       certificate->kind == IDENTITY_OWN && certificate->record &&
	       certificate->record->profile_id == decision->profile->id &&
	       decision->profile->own_certificate == OWN_CERTIFICATE_RENEWS;
}

/* A code that is nobody's in particular may be many devices', as a passphrase is. */
static bool check_own_code(struct decision *decision, struct error *err)
{
	if (!decision->by_code || decision->facts->device.by_code)
		return true;
	decision->identity = IDENTITY_NONE;
	return error_set(err, REASON_NO_CLIENT_CERT,
			 "a code that is no device's own is not enough for a generated key");
}

/* SKG-05: what a whole fleet knows gets nobody a private key, and is not even looked at. */
static bool for_generated_key(struct decision *decision, struct error *err)
{
	const struct profile *profile = decision->profile;

	if (profile->auth == AUTH_PASSPHRASE && !ra_stands_in(decision))
		return error_set(err, REASON_NO_CLIENT_CERT,
				 "a shared passphrase is not enough for a generated key");
	if (auth_takes_code(profile->auth) && !renews_itself(decision))
		return by_method(decision, err) && check_own_code(decision, err);
	return by_certificate(decision, err);
}

static bool method_is_known(enum auth_method method)
{
	return auth_takes_certificate(method) || auth_takes_passphrase(method) ||
	       auth_takes_code(method);
}

/* Clients whose first request comes without credentials, where the profile lets an operator look at
 * them. Who offers any is judged by them: a wrong passphrase or code is no way to the operator's
 * desk. */
static bool may_wait_unknown(const struct decision *decision)
{
	const struct profile *profile = decision->profile;

	return profile->approval_without_credentials && profile->approval != APPROVAL_NONE &&
	       decision->facts->operation == EST_SIMPLEENROLL &&
	       !decision->facts->passphrase.offered && !decision->facts->code.offered &&
	       !decision->facts->certificate.offered;
}

/* RFC 7030 3.3.2 and mission: who renews shows the certificate in TLS, whatever the method for
 * first certificates is (PP-15). */
static bool find_identity(struct decision *decision, struct error *err)
{
	if (decision->facts->operation == EST_SIMPLEREENROLL &&
	    method_is_known(decision->profile->auth))
		return by_certificate(decision, err);
	if (decision->facts->operation == EST_FULLCMC)
		return by_certificate(decision, err);
	if (decision->facts->operation == EST_SERVERKEYGEN)
		return for_generated_key(decision, err);
	if (may_wait_unknown(decision)) {
		decision->identity = IDENTITY_NOBODY;
		return true;
	}
	return by_method(decision, err);
}

bool rule_authentication(struct decision *decision, struct error *err)
{
	if (!find_identity(decision, err))
		return false;
	decision_note(decision, "%s", identity_kind_text(decision->identity));
	return true;
}
