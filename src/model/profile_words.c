#include "model/profile_words.h"

#include <string.h>

#define WORDS(name, ...)                                                                           \
	static const char *const name##_texts[] = { __VA_ARGS__ };                                 \
	const struct words name##_words = { name##_texts, ARRAY_LEN(name##_texts) };

WORDS(profile_state, [PROFILE_ACTIVE] = "active", [PROFILE_SUSPENDED] = "suspended")
WORDS(profile_template, [TEMPLATE_CLIENT_AUTHENTICATION] = "client-authentication",
      [TEMPLATE_GENERIC_DEVICE] = "generic-device", [TEMPLATE_LDEVID] = "ldevid",
      [TEMPLATE_TLS_SERVER] = "tls-server", [TEMPLATE_RA] = "ra")
WORDS(auth_method, [AUTH_TLS_CERTIFICATE] = "tls-certificate", [AUTH_PASSPHRASE] = "passphrase",
      [AUTH_EITHER] = "either", [AUTH_DEVICE_CODE] = "device-code",
      [AUTH_CERTIFICATE_AND_CODE] = "certificate-and-code")
WORDS(challenge, [CHALLENGE_IS_BINDING] = "binding", [CHALLENGE_IS_PASSPHRASE] = "passphrase",
      [CHALLENGE_IGNORED] = "ignored", [CHALLENGE_IS_CODE] = "device-code")
WORDS(binding, [BINDING_OPTIONAL] = "optional", [BINDING_REQUIRED] = "required")
WORDS(identity_rule, [IDENTITY_MUST_MATCH] = "must-match", [IDENTITY_ANY] = "any")
WORDS(device_rule, [DEVICES_ANY] = "any", [DEVICES_REGISTERED] = "registered")
WORDS(subject_source, [SUBJECT_FIXED] = "fixed", [SUBJECT_CSR_REQUIRED] = "csr-required",
      [SUBJECT_CSR_OPTIONAL] = "csr-optional", [SUBJECT_CLIENT_CERTIFICATE] = "client-certificate",
      [SUBJECT_DROPPED] = "dropped", [SUBJECT_RA] = "ra")
WORDS(san_source, [SAN_FROM_CSR_OPTIONAL] = "optional", [SAN_FROM_CSR_REQUIRED] = "required",
      [SAN_DROPPED] = "dropped", [SAN_REFUSED] = "refused", [SAN_FIXED] = "fixed",
      [SAN_FROM_CLIENT_CERTIFICATE] = "client-certificate", [SAN_FROM_RA] = "ra")
WORDS(unlisted, [UNLISTED_DROP] = "drop", [UNLISTED_REFUSE] = "refuse")
WORDS(key_reuse, [KEY_REUSE_SAME_DEVICE] = "same-device", [KEY_REUSE_ANY] = "any",
      [KEY_REUSE_NEVER] = "never")
WORDS(renew_valid, [RENEW_VALID_ANY_TIME] = "any-time", [RENEW_VALID_IN_WINDOW] = "in-window",
      [RENEW_VALID_NEVER] = "never")
WORDS(renew_expired, [RENEW_EXPIRED_IN_WINDOW] = "in-window", [RENEW_EXPIRED_NEVER] = "never")
WORDS(renew_key, [RENEW_KEY_ALLOWED] = "allowed", [RENEW_KEY_SAME_REQUIRED] = "same",
      [RENEW_KEY_NEW_REQUIRED] = "new")
WORDS(renew_old, [RENEW_OLD_KEPT] = "kept", [RENEW_OLD_REVOKED_LATER] = "revoked-later",
      [RENEW_OLD_REVOKED_ON_USE] = "revoked-on-use")
WORDS(own_certificate, [OWN_CERTIFICATE_RENEWS] = "renews", [OWN_CERTIFICATE_ENROLLS] = "enrolls",
      [OWN_CERTIFICATE_REFUSED] = "refused")
WORDS(approval, [APPROVAL_NONE] = "none", [APPROVAL_ENROLLMENTS] = "enrollments",
      [APPROVAL_ENROLLMENTS_AND_RENEWALS] = "enrollments-and-renewals")

WORDS(published, [PUBLISHED_BY_NODE] = "node", [PUBLISHED_NOWHERE] = "none",
      [PUBLISHED_AT_URLS] = "urls")
WORDS(csrattrs, [CSRATTRS_LEGACY] = "legacy", [CSRATTRS_TEMPLATE] = "template",
      [CSRATTRS_BOTH] = "both")

const char *words_text(const struct words *words, unsigned int value)
{
	return value < words->count ? words->texts[value] : NULL;
}

bool words_find(const struct words *words, const char *text, unsigned int *ret)
{
	for (unsigned int i = 0; i < words->count; i++) {
		if (strcmp(words->texts[i], text) != 0)
			continue;
		*ret = i;
		return true;
	}
	return false;
}

static const char *text_or_unknown(const struct words *words, unsigned int value)
{
	const char *text = words_text(words, value);

	return text ? text : "unknown";
}

bool auth_takes_certificate(enum auth_method method)
{
	return method == AUTH_TLS_CERTIFICATE || method == AUTH_EITHER ||
	       method == AUTH_CERTIFICATE_AND_CODE;
}

bool auth_takes_passphrase(enum auth_method method)
{
	return method == AUTH_PASSPHRASE || method == AUTH_EITHER;
}

bool auth_takes_code(enum auth_method method)
{
	return method == AUTH_DEVICE_CODE || method == AUTH_CERTIFICATE_AND_CODE;
}

/* What else than an attribute of the subject a rule may read. */
static const char *const origin_texts[] = {
	[ORIGIN_HARDWARE_SERIAL] = "hwSerialNum",
	[ORIGIN_HARDWARE_SERIAL_HEX] = "hwSerialNumHex",
	[ORIGIN_HARDWARE_TYPE] = "hwType",
};

const char *origin_text(struct origin origin)
{
	if (origin.kind == ORIGIN_SUBJECT)
		return name_attribute_text(origin.attribute);
	return (unsigned int)origin.kind < ARRAY_LEN(origin_texts) ? origin_texts[origin.kind]
								   : NULL;
}

bool origin_by_text(const char *text, struct origin *ret)
{
	enum name_attribute attribute = name_attribute_by_text(text);

	for (unsigned int i = 0; i < ARRAY_LEN(origin_texts); i++)
		if (origin_texts[i] && strcmp(origin_texts[i], text) == 0) {
			*ret = (struct origin){ (enum origin_kind)i, NAME_COMMON_NAME };
			return true;
		}
	if (attribute == NAME_UNKNOWN)
		return false;
	*ret = (struct origin){ ORIGIN_SUBJECT, attribute };
	return true;
}

const char *auth_method_text(enum auth_method method)
{
	return text_or_unknown(&auth_method_words, method);
}

const char *profile_state_text(enum profile_state state)
{
	return text_or_unknown(&profile_state_words, state);
}

const char *profile_template_text(enum profile_template template)
{
	return text_or_unknown(&profile_template_words, template);
}
