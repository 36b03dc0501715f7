#include "model/profile.h"

#include <stdlib.h>
#include <string.h>

#include "pki/der.h"

#define MINUTE INT64_C(60)
#define DAY INT64_C(86400)
#define EKU_CMC_RA "1.3.6.1.5.5.7.3.28"

/* -- defaults -- */

/* What the templates share. */
static const struct profile common = {
	.state = PROFILE_ACTIVE,
	.challenge = CHALLENGE_IS_BINDING,
	.binding = BINDING_OPTIONAL,
	.identity = IDENTITY_MUST_MATCH,
	.devices = DEVICES_ANY,
	.code_tries = 10,
	.subject_unlisted = UNLISTED_DROP,
	.extension_unlisted = UNLISTED_DROP,
	.key_allowed = { [KEY_RSA] = true,
			 [KEY_P256] = true,
			 [KEY_P384] = true,
			 [KEY_P521] = true,
			 [KEY_ED25519] = true },
	.rsa_bits_min = KEY_RSA_BITS_MIN,
	.rsa_bits_max = KEY_RSA_BITS_MAX,
	.key_reuse = KEY_REUSE_SAME_DEVICE,
	.signature = SIGN_COUNT,
	.content = { .key_usage_critical = true },
	.validity_seconds = 365 * DAY,
	.backdate_seconds = 5 * MINUTE,
	.repeat_seconds = 10 * MINUTE,
	.renew_expired = RENEW_EXPIRED_NEVER,
	.window_opens_seconds = 30 * DAY,
	.renew_key = RENEW_KEY_ALLOWED,
	.renew_old = RENEW_OLD_KEPT,
	.renew_old_seconds = 7 * DAY,
	.own_certificate = OWN_CERTIFICATE_RENEWS,
	.renewals_per_minute = 60,
	.approval = APPROVAL_NONE,
	.approval_retry_seconds = 10 * MINUTE,
	.approval_expires_seconds = 7 * DAY,
	.approval_waiting_max = 1000,
	.approval_waiting_max_per_address = 100,
};

/* In the order in which most tools write a subject, so that a renewal's compares equal. */
static const struct subject_rule common_subject[] = {
	{ .attribute = NAME_COUNTRY, .source = SUBJECT_CSR_OPTIONAL },
	{ .attribute = NAME_STATE, .source = SUBJECT_CSR_OPTIONAL },
	{ .attribute = NAME_LOCALITY, .source = SUBJECT_CSR_OPTIONAL },
	{ .attribute = NAME_ORGANIZATION, .source = SUBJECT_CSR_OPTIONAL },
	{ .attribute = NAME_ORGANIZATIONAL_UNIT, .source = SUBJECT_CSR_OPTIONAL },
	{ .attribute = NAME_COMMON_NAME, .source = SUBJECT_CSR_REQUIRED },
	{ .attribute = NAME_SERIAL_NUMBER, .source = SUBJECT_CSR_OPTIONAL },
};

/* IEEE 802.1AR 8.6: whose it is and which; where the holder stands is not the identity's to say. */
static const struct subject_rule ldevid_subject[] = {
	{ .attribute = NAME_COUNTRY, .source = SUBJECT_CSR_OPTIONAL },
	{ .attribute = NAME_ORGANIZATION, .source = SUBJECT_CSR_OPTIONAL },
	{ .attribute = NAME_ORGANIZATIONAL_UNIT, .source = SUBJECT_CSR_OPTIONAL },
	{ .attribute = NAME_COMMON_NAME, .source = SUBJECT_CSR_OPTIONAL },
	{ .attribute = NAME_SERIAL_NUMBER, .source = SUBJECT_CSR_REQUIRED },
};

/* A server is known by its dNSName; RFC 9525 looks at no common name. */
static const struct subject_rule server_subject[] = {
	{ .attribute = NAME_COUNTRY, .source = SUBJECT_CSR_OPTIONAL },
	{ .attribute = NAME_STATE, .source = SUBJECT_CSR_OPTIONAL },
	{ .attribute = NAME_LOCALITY, .source = SUBJECT_CSR_OPTIONAL },
	{ .attribute = NAME_ORGANIZATION, .source = SUBJECT_CSR_OPTIONAL },
	{ .attribute = NAME_ORGANIZATIONAL_UNIT, .source = SUBJECT_CSR_OPTIONAL },
	{ .attribute = NAME_COMMON_NAME, .source = SUBJECT_CSR_OPTIONAL },
};

#define EKUS_MAX 2

/* Where they differ. */
static const struct template
{
	enum auth_method auth;
	const struct subject_rule *subject;
	size_t subject_count;
	enum san_source san[SAN_TYPE_COUNT];
	unsigned int key_usage;
	const struct bytes *ext_key_usages[EKUS_MAX];
	enum renew_valid renew_valid;
}
templates[] = {
	[TEMPLATE_CLIENT_AUTHENTICATION] = {
		.auth = AUTH_PASSPHRASE,
		.subject = common_subject,
		.subject_count = ARRAY_LEN(common_subject),
		.san = { [SAN_HARDWARE_MODULE] = SAN_REFUSED, [SAN_REGISTERED_ID] = SAN_REFUSED },
		.key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT,
		.ext_key_usages = { &oid_client_auth },
		.renew_valid = RENEW_VALID_IN_WINDOW,
	},
	[TEMPLATE_GENERIC_DEVICE] = {
		.auth = AUTH_TLS_CERTIFICATE,
		.subject = common_subject,
		.subject_count = ARRAY_LEN(common_subject),
		.san = { [SAN_EMAIL] = SAN_REFUSED, [SAN_HARDWARE_MODULE] = SAN_REFUSED,
			 [SAN_REGISTERED_ID] = SAN_REFUSED },
		.key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT,
		.ext_key_usages = { &oid_client_auth, &oid_server_auth },
		.renew_valid = RENEW_VALID_IN_WINDOW,
	},
	/* Without extended key usages: IEEE 802.1AR leaves open what an identity is used for. */
	[TEMPLATE_LDEVID] = {
		.auth = AUTH_TLS_CERTIFICATE,
		.subject = ldevid_subject,
		.subject_count = ARRAY_LEN(ldevid_subject),
		.san = { [SAN_EMAIL] = SAN_REFUSED, [SAN_REGISTERED_ID] = SAN_REFUSED },
		.key_usage = KU_DIGITAL_SIGNATURE,
		.renew_valid = RENEW_VALID_IN_WINDOW,
	},
	/* It cannot show itself as a client, so it enrolls anew. */
	[TEMPLATE_TLS_SERVER] = {
		.auth = AUTH_PASSPHRASE,
		.subject = server_subject,
		.subject_count = ARRAY_LEN(server_subject),
		.san = { [SAN_DNS] = SAN_FROM_CSR_REQUIRED, [SAN_EMAIL] = SAN_REFUSED,
			 [SAN_URI] = SAN_REFUSED, [SAN_HARDWARE_MODULE] = SAN_REFUSED,
			 [SAN_REGISTERED_ID] = SAN_REFUSED },
		.key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT,
		.ext_key_usages = { &oid_server_auth },
		.renew_valid = RENEW_VALID_NEVER,
	},
	[TEMPLATE_RA] = {
		.auth = AUTH_TLS_CERTIFICATE,
		.subject = common_subject,
		.subject_count = ARRAY_LEN(common_subject),
		.san = { [SAN_EMAIL] = SAN_REFUSED, [SAN_URI] = SAN_REFUSED,
			 [SAN_HARDWARE_MODULE] = SAN_REFUSED, [SAN_REGISTERED_ID] = SAN_REFUSED },
		.key_usage = KU_DIGITAL_SIGNATURE,
		.ext_key_usages = { &oid_client_auth, &oid_cmc_ra },
		.renew_valid = RENEW_VALID_IN_WINDOW,
	},
};

static bool add_subject_rules(struct profile *profile, const struct template *template)
{
	size_t size = template->subject_count * sizeof *profile->subject_rules;

	profile->subject_rules = malloc(size);
	if (!profile->subject_rules)
		return false;
	memcpy(profile->subject_rules, template->subject, size);
	profile->subject_rule_count = template->subject_count;
	return true;
}

static char *oid_string(struct bytes oid)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	return oid_to_text(oid, &text) && buffer_ok(&text) ? bytes_to_string(buffer_view(&text))
							   : NULL;
}

static bool add_ext_key_usages(struct profile *profile, const struct template *template)
{
	profile->ext_key_usages = calloc(EKUS_MAX, sizeof *profile->ext_key_usages);
	if (!profile->ext_key_usages)
		return false;
	for (size_t i = 0; i < EKUS_MAX && template->ext_key_usages[i]; i++) {
		profile->ext_key_usages[i] = oid_string(*template->ext_key_usages[i]);
		if (!profile->ext_key_usages[i])
			return false;
		profile->ext_key_usage_count++;
	}
	return true;
}

static bool apply_template(struct profile *profile, const struct template *template)
{
	profile->auth = template->auth;
	profile->key_usage = template->key_usage;
	profile->renew_valid = template->renew_valid;
	for (enum san_type type = 0; type < SAN_TYPE_COUNT; type++)
		profile->san_rules[type].source = template->san[type];
	return add_subject_rules(profile, template) && add_ext_key_usages(profile, template);
}

bool profile_new(enum profile_template template, struct profile **ret, struct error *err)
{
	CLEANUP(profile_freep) struct profile *profile = NULL;

	if ((unsigned int)template >= ARRAY_LEN(templates))
		return error_set(err, REASON_INVALID, "template");
	profile = calloc(1, sizeof *profile);
	if (!profile)
		return error_set(err, REASON_NO_MEMORY, "profile");
	*profile = common;
	profile->template = template;
	if (!apply_template(profile, &templates[template]))
		return error_set(err, REASON_NO_MEMORY, "profile");
	*ret = TAKE(profile);
	return true;
}

/* Dotted text is minimal, so that an OID has one only. */
bool profile_makes_ras(const struct profile *profile)
{
	for (size_t i = 0; i < profile->ext_key_usage_count; i++)
		if (strcmp(profile->ext_key_usages[i], EKU_CMC_RA) == 0)
			return true;
	return false;
}

/* -- the end -- */

static void strings_free(char **strings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(strings[i]);
	free(strings);
}

void profile_free(struct profile *profile)
{
	if (!profile)
		return;
	free(profile->name);
	free(profile->oid);
	strings_free(profile->aliases, profile->alias_count);
	strings_free(profile->ext_key_usages, profile->ext_key_usage_count);
	for (size_t i = 0; i < profile->subject_rule_count; i++) {
		free(profile->subject_rules[i].value);
		free(profile->subject_rules[i].pattern);
	}
	free(profile->subject_rules);
	profile_content_done(&profile->content);
	for (size_t i = 0; i < SAN_TYPE_COUNT; i++) {
		free(profile->san_rules[i].pattern);
		free(profile->san_rules[i].value);
	}
	free(profile);
}
