#include "model/profile.h"

#include <stdlib.h>
#include <string.h>

#include "pki/der.h"

#define MINUTE INT64_C(60)
#define DAY INT64_C(86400)

/* -- defaults -- */

/* What both templates share. */
static const struct profile common = {
	.state = PROFILE_ACTIVE,
	.challenge = CHALLENGE_IS_BINDING,
	.binding = BINDING_OPTIONAL,
	.identity = IDENTITY_MUST_MATCH,
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
	.key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT,
	.signature = SIGN_COUNT,
	.validity_seconds = 365 * DAY,
	.backdate_seconds = 5 * MINUTE,
	.repeat_seconds = 10 * MINUTE,
	.renew_valid = RENEW_VALID_IN_WINDOW,
	.renew_expired = RENEW_EXPIRED_NEVER,
	.window_opens_seconds = 30 * DAY,
	.renew_key = RENEW_KEY_ALLOWED,
	.renew_old = RENEW_OLD_KEPT,
	.renew_old_seconds = 7 * DAY,
	.own_certificate = OWN_CERTIFICATE_RENEWS,
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

#define EKUS_MAX 2

/* Where they differ. */
static const struct template
{
	enum auth_method auth;
	enum san_source email;
	const struct bytes *ext_key_usages[EKUS_MAX];
}
templates[] = {
	[TEMPLATE_CLIENT_AUTHENTICATION] = {
		.auth = AUTH_PASSPHRASE,
		.email = SAN_FROM_CSR_OPTIONAL,
		.ext_key_usages = { &oid_client_auth },
	},
	[TEMPLATE_GENERIC_DEVICE] = {
		.auth = AUTH_TLS_CERTIFICATE,
		.email = SAN_REFUSED,
		.ext_key_usages = { &oid_client_auth, &oid_server_auth },
	},
};

static bool add_subject_rules(struct profile *profile)
{
	profile->subject_rules = calloc(ARRAY_LEN(common_subject), sizeof *profile->subject_rules);
	if (!profile->subject_rules)
		return false;
	memcpy(profile->subject_rules, common_subject, sizeof common_subject);
	profile->subject_rule_count = ARRAY_LEN(common_subject);
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
	profile->auth = templates[template].auth;
	profile->san_rules[SAN_EMAIL].source = templates[template].email;
	if (!add_subject_rules(profile) || !add_ext_key_usages(profile, &templates[template]))
		return error_set(err, REASON_NO_MEMORY, "profile");
	*ret = TAKE(profile);
	return true;
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
	for (size_t i = 0; i < SAN_TYPE_COUNT; i++)
		free(profile->san_rules[i].pattern);
	free(profile);
}
