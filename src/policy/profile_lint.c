#include "policy/policy.h"

#include <stdio.h>
#include <string.h>

#define EKU_CLIENT_AUTH "1.3.6.1.5.5.7.3.2"
/* Clients that renew by a fixed share of the lifetime: the earliest after two thirds of it. */
#define RENEW_SHARE 3

struct subject_of_lint {
	const struct profile *profile;
	const struct catalog *catalog;
	const struct account *account; /* NULL when it is gone */
	const struct ca *ca;           /* NULL likewise */
	bool has_codes;
	int64_t now;
};

/* -- what a client will run into -- */

static bool renews_at_all(const struct profile *profile)
{
	return profile->renew_valid != RENEW_VALID_NEVER ||
	       profile->renew_expired != RENEW_EXPIRED_NEVER;
}

static bool never_renews(const struct subject_of_lint *of)
{
	return !renews_at_all(of->profile);
}

static bool lacks_client_auth(const struct subject_of_lint *of)
{
	const struct profile *profile = of->profile;

	if (profile->ext_key_usage_count == 0 || !renews_at_all(profile))
		return false;
	for (size_t i = 0; i < profile->ext_key_usage_count; i++)
		if (strcmp(profile->ext_key_usages[i], EKU_CLIENT_AUTH) == 0)
			return false;
	return true;
}

static bool lacks_digital_signature(const struct subject_of_lint *of)
{
	return renews_at_all(of->profile) && !(of->profile->key_usage & KU_DIGITAL_SIGNATURE);
}

static bool window_opens_late(const struct subject_of_lint *of)
{
	return of->profile->renew_valid == RENEW_VALID_IN_WINDOW && !of->profile->not_after &&
	       of->profile->window_opens_seconds < of->profile->validity_seconds / RENEW_SHARE;
}

static bool renews_only_after_expiry(const struct subject_of_lint *of)
{
	return of->profile->renew_valid == RENEW_VALID_NEVER &&
	       of->profile->renew_expired != RENEW_EXPIRED_NEVER;
}

static bool attribute_cannot_bind(const struct subject_of_lint *of)
{
	return of->profile->binding == BINDING_REQUIRED &&
	       of->profile->challenge != CHALLENGE_IS_BINDING;
}

/* -- who gets in -- */

static bool anybody_is_anybody(const struct subject_of_lint *of)
{
	return of->profile->auth != AUTH_PASSPHRASE && of->profile->auth != AUTH_DEVICE_CODE &&
	       of->profile->identity == IDENTITY_ANY;
}

static bool lets_unknown_wait(const struct subject_of_lint *of)
{
	return of->profile->approval != APPROVAL_NONE && of->profile->approval_without_credentials;
}

static bool nobody_is_listed(const struct subject_of_lint *of)
{
	return of->account && of->account->allowed.count == 0;
}

static bool lacks_passphrase(const struct subject_of_lint *of)
{
	if (!auth_takes_passphrase(of->profile->auth))
		return false;
	for (size_t i = 0; i < of->catalog->passphrase_count; i++) {
		const struct passphrase *passphrase = &of->catalog->passphrases[i];

		if (passphrase->profile_id == of->profile->id &&
		    (passphrase->ends == 0 || passphrase->ends > of->now))
			return false;
	}
	return true;
}

static bool lacks_codes(const struct subject_of_lint *of)
{
	return auth_takes_code(of->profile->auth) && !of->has_codes;
}

static bool lacks_anchor(const struct subject_of_lint *of)
{
	if (!auth_takes_certificate(of->profile->auth))
		return false;
	for (size_t i = 0; i < of->catalog->anchor_count; i++)
		if (of->catalog->anchors[i].account_id == of->profile->account_id)
			return false;
	return true;
}

static bool vouches_for_ca(const struct anchor *anchor, const struct ca *ca)
{
	return anchor->account_id == ca->account_id &&
	       (anchor->ca_id == ca->id || bytes_equal(cert_der(anchor->cert), cert_der(ca->cert)));
}

static bool ca_is_no_anchor(const struct subject_of_lint *of)
{
	if (!of->ca || !renews_at_all(of->profile))
		return false;
	for (size_t i = 0; i < of->catalog->anchor_count; i++)
		if (vouches_for_ca(&of->catalog->anchors[i], of->ca))
			return false;
	return true;
}

/* -- what the certificate says -- */

static bool usage_is_not_critical(const struct subject_of_lint *of)
{
	return !of->profile->content.key_usage_critical;
}

static bool nobody_learns_of_revocation(const struct subject_of_lint *of)
{
	const struct profile_content *content = &of->profile->content;

	return content->crl_published == PUBLISHED_NOWHERE &&
	       (content->access_published == PUBLISHED_NOWHERE ||
		(content->access_published == PUBLISHED_AT_URLS && content->ocsp_urls.count == 0));
}

static bool has_critical_private_extension(const struct subject_of_lint *of)
{
	const struct profile_content *content = &of->profile->content;

	for (size_t i = 0; i < content->private_extension_count; i++)
		if (content->private_extensions[i].critical)
			return true;
	return false;
}

static bool server_without_dns_name(const struct subject_of_lint *of)
{
	const struct profile *profile = of->profile;

	return profile->template == TEMPLATE_TLS_SERVER &&
	       profile->san_rules[SAN_DNS].source != SAN_FROM_CSR_REQUIRED &&
	       profile->san_rules[SAN_IP].source != SAN_FROM_CSR_REQUIRED;
}

static bool has_rule(const struct profile *profile, enum name_attribute attribute)
{
	for (size_t i = 0; i < profile->subject_rule_count; i++)
		if (profile->subject_rules[i].attribute == attribute &&
		    profile->subject_rules[i].source != SUBJECT_DROPPED)
			return true;
	return false;
}

static bool email_lacks_its_san(const struct subject_of_lint *of)
{
	enum san_source source = of->profile->san_rules[SAN_EMAIL].source;

	return has_rule(of->profile, NAME_EMAIL_ADDRESS) &&
	       (source == SAN_DROPPED || source == SAN_REFUSED);
}

static bool makes_ras(const struct subject_of_lint *of)
{
	return profile_makes_ras(of->profile);
}

/* -- the CA -- */

static bool ca_is_not_active(const struct subject_of_lint *of)
{
	return !of->ca || of->ca->revoked || of->ca->state != CA_ACTIVE;
}

static bool ca_has_ended(const struct subject_of_lint *of)
{
	return of->ca && of->now > cert_not_after(of->ca->cert);
}

static bool outlives_ca(const struct subject_of_lint *of)
{
	return of->ca && !ca_has_ended(of) && !of->profile->not_after &&
	       of->profile->validity_seconds - 1 > cert_not_after(of->ca->cert) - of->now;
}

static bool end_is_over(const struct subject_of_lint *of)
{
	return of->profile->not_after && of->profile->not_after < of->now;
}

static bool end_is_after_the_cas(const struct subject_of_lint *of)
{
	return of->ca && of->profile->not_after > cert_not_after(of->ca->cert);
}

static bool ca_is_single_tier(const struct subject_of_lint *of)
{
	return of->ca && cert_is_self_issued(of->ca->cert);
}

static bool ca_constrains_names(const struct subject_of_lint *of)
{
	return of->ca && cert_has_name_constraints(of->ca->cert);
}

/* A key of its own, because a certificate's is not for several threads at first. */
static enum key_type ca_key_type(const struct ca *ca)
{
	CLEANUP(public_key_freep) struct public_key *key = NULL;

	return ca && public_key_parse(cert_spki(ca->cert), &key, NULL) ? public_key_type(key)
								       : KEY_TYPE_COUNT;
}

static bool is_ec(enum key_type type)
{
	return type == KEY_P256 || type == KEY_P384 || type == KEY_P521;
}

static bool rsa_under_ec(const struct subject_of_lint *of)
{
	return of->profile->key_allowed[KEY_RSA] && is_ec(ca_key_type(of->ca));
}

static bool signature_does_not_fit(const struct subject_of_lint *of)
{
	enum key_type type = ca_key_type(of->ca);

	return type != KEY_TYPE_COUNT && of->profile->signature != SIGN_COUNT &&
	       !key_type_signs_with(type, of->profile->signature);
}

/* What stops every device first, then what will hurt later. */
static const struct lint {
	bool (*found)(const struct subject_of_lint *);
	const char *text;
} lints[] = {
	{ nobody_is_listed,
	  "The account lists no address, so nobody gets in: add the devices' addresses." },
	{ ca_is_not_active, "The profile's CA is not active, so nothing can be issued." },
	{ ca_has_ended, "The profile's CA has expired, so nothing can be issued." },
	{ end_is_over, "The fixed end (not_after) is over, so nothing can be issued." },
	{ end_is_after_the_cas, "The fixed end (not_after) is later than the CA's own, so nothing "
				"can be issued: an end that is written is not cut." },
	{ signature_does_not_fit,
	  "The CA's key cannot make the profile's signature algorithm, so nothing can be issued." },
	{ lacks_passphrase,
	  "The profile has no passphrase in force, so no device can enroll with one." },
	{ lacks_codes,
	  "The profile has no device codes yet, so no device can enroll with one: make "
	  "or import them." },
	{ lacks_anchor, "The account's EST authentication lists no CA, so no TLS certificate is "
			"accepted: add the issuing CA of the devices' certificates." },
	{ ca_is_no_anchor, "The issuing CA is not in the account's EST authentication, so "
			   "renewals will be refused: add it." },
	{ lacks_client_auth, "clientAuth is not among the extended key usages, so the certificates "
			     "cannot renew themselves over TLS." },
	{ lacks_digital_signature, "digitalSignature is not in the key usage, so the certificates "
				   "cannot renew themselves over TLS." },
	{ never_renews, "No renewal is allowed: each device must enroll anew before its "
			"certificate ends." },
	{ renews_only_after_expiry,
	  "Renewal is allowed after expiry only, so every device is without a valid certificate "
	  "for a while." },
	{ window_opens_late, "The renewal window opens after two thirds of the lifetime, later "
			     "than common clients try for the first time." },
	{ outlives_ca, "The validity reaches beyond the CA's own end and will be cut to it." },
	{ anybody_is_anybody, "A client may ask for any name: whoever holds one trusted "
			      "certificate can enroll as any device." },
	{ lets_unknown_wait,
	  "Who sends no credentials at all may wait for approval: nothing but the operator's own "
	  "knowledge tells such a request from a stranger's. Compare its key's fingerprint on the "
	  "device before approving." },
	{ attribute_cannot_bind,
	  "A binding to the TLS session is required while challengePassword means something else: "
	  "only clients with the attributes of RFC 7894 can enroll." },
	{ makes_ras, "RA certificates speak for other devices: they are made for RA certificates "
		     "whose scope names this profile, and speak for nobody before ra admit." },
	{ server_without_dns_name, "Neither a DNS name nor an address is required, and TLS clients "
				   "know a server by nothing else." },
	{ email_lacks_its_san, "The subject may hold an emailAddress, and RFC 5280 wants it in the "
			       "subjectAltName too, where e-mail names are not taken." },
	{ usage_is_not_critical, "The key usage is not critical: RFC 5280 wants it so, and IEEE "
				 "802.1AR and strict verifiers too." },
	{ has_critical_private_extension, "A private extension is critical: whoever does not know "
					  "it must refuse the certificate." },
	{ nobody_learns_of_revocation, "The certificates name neither a CRL nor OCSP, so nobody "
				       "learns of a revocation." },
	{ ca_constrains_names, "The CA's certificate constrains names: what the profile issues "
			       "outside of them will be refused by those who verify." },
	{ rsa_under_ec, "RSA keys under a CA with an EC key: some network equipment (ArubaOS "
			"switches) refuses this mixture." },
	{ ca_is_single_tier, "The CA signs itself: some clients (strongSwan's cert-enroll) expect "
			     "an issuing CA below a root." },
};

static const struct lint *find_lint(const struct subject_of_lint *of, size_t index)
{
	for (size_t i = 0; i < ARRAY_LEN(lints); i++)
		if (lints[i].found(of) && index-- == 0)
			return &lints[i];
	return NULL;
}

bool profile_lint(const struct profile *profile, const struct lint_context *context, size_t index,
		  char *ret_text, size_t size)
{
	const struct subject_of_lint of = {
		.profile = profile,
		.catalog = context->catalog,
		.account = catalog_account(context->catalog, profile->account_id),
		.ca = catalog_ca(context->catalog, profile->ca_id),
		.has_codes = context->has_codes,
		.now = context->now,
	};
	const struct lint *lint = find_lint(&of, index);

	if (!lint)
		return false;
	snprintf(ret_text, size, "%s", lint->text);
	return true;
}
