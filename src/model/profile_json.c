#include "model/profile_json.h"

#include <string.h>

#include "model/profile_json_member.h"
#include "model/profile_words.h"

/* -- which member is which field -- */

#define FIELD(name, form, field, detail)                                                           \
	{                                                                                          \
		name, &form, offsetof(struct profile, field), detail, false                        \
	}
#define GIVEN(name, form, field, detail)                                                           \
	{                                                                                          \
		name, &form, offsetof(struct profile, field), detail, true                         \
	}
#define LIST(name, form)                                                                           \
	{                                                                                          \
		name, &form, 0, NULL, false                                                        \
	}
#define GROUP(name, members)                                                                       \
	{                                                                                          \
		name, &form_object, 0, &members, false                                             \
	}
#define MEMBERS(rows)                                                                              \
	{                                                                                          \
		rows, ARRAY_LEN(rows)                                                              \
	}

#define SAN_MEMBERS(name, type, ...)                                                               \
	static const struct member san_##name##_rows[] = {                                         \
		FIELD("source", form_words, san_rules[type].source, &san_source_words),            \
		FIELD("value", form_text, san_rules[type].value, NULL),                            \
		FIELD("from", form_origin, san_rules[type].from, NULL),                            \
		FIELD("pattern", form_text, san_rules[type].pattern, NULL), __VA_ARGS__            \
	};                                                                                         \
	static const struct members san_##name = MEMBERS(san_##name##_rows);

SAN_MEMBERS(dns, SAN_DNS, FIELD("wildcard", form_boolean, san_rules[SAN_DNS].wildcard, NULL))
SAN_MEMBERS(ip, SAN_IP)
SAN_MEMBERS(email, SAN_EMAIL)
SAN_MEMBERS(uri, SAN_URI)

SAN_MEMBERS(hardware_module, SAN_HARDWARE_MODULE)
SAN_MEMBERS(registered_id, SAN_REGISTERED_ID)

static const struct member san_rows[] = {
	GROUP("dns", san_dns),
	GROUP("ip", san_ip),
	GROUP("email", san_email),
	GROUP("uri", san_uri),
	GROUP("hardware_module", san_hardware_module),
	GROUP("registered_id", san_registered_id),
};
static const struct members san_members = MEMBERS(san_rows);

static const struct member key_rows[] = {
	LIST("types", form_key_types),
	FIELD("rsa_bits_min", form_bits, rsa_bits_min, NULL),
	FIELD("rsa_bits_max", form_bits, rsa_bits_max, NULL),
	FIELD("reuse", form_words, key_reuse, &key_reuse_words),
};
static const struct members key_members = MEMBERS(key_rows);

static const struct member cdp_rows[] = {
	FIELD("source", form_words, content.crl_published, &published_words),
	FIELD("urls", form_urls, content.crl_urls, NULL),
};
static const struct members cdp_members = MEMBERS(cdp_rows);

static const struct member aia_rows[] = {
	FIELD("source", form_words, content.access_published, &published_words),
	FIELD("ca_issuers", form_urls, content.ca_issuer_urls, NULL),
	FIELD("ocsp", form_urls, content.ocsp_urls, NULL),
};
static const struct members aia_members = MEMBERS(aia_rows);
static const struct member devices_rows[] = {
	FIELD("admit", form_words, devices, &device_rule_words),
	FIELD("code_tries", form_bits, code_tries, NULL),
};
static const struct members devices_members = MEMBERS(devices_rows);

static const struct member renewal_rows[] = {
	FIELD("while_valid", form_words, renew_valid, &renew_valid_words),
	FIELD("after_expiry", form_words, renew_expired, &renew_expired_words),
	FIELD("opens_before", form_duration, window_opens_seconds, NULL),
	FIELD("closes_after", form_window, window_closes_seconds, NULL),
	FIELD("key", form_words, renew_key, &renew_key_words),
	FIELD("old_certificate", form_words, renew_old, &renew_old_words),
	FIELD("old_certificate_after", form_duration, renew_old_seconds, NULL),
	FIELD("own_certificate_on_enroll", form_words, own_certificate, &own_certificate_words),
	FIELD("change_subject", form_boolean, change_subject, NULL),
	FIELD("per_minute", form_bits, renewals_per_minute, NULL),
};
static const struct members renewal_members = MEMBERS(renewal_rows);

static const struct member approval_rows[] = {
	FIELD("hold", form_words, approval, &approval_words),
	FIELD("without_credentials", form_boolean, approval_without_credentials, NULL),
	FIELD("retry_after", form_duration, approval_retry_seconds, NULL),
	FIELD("expires_after", form_duration, approval_expires_seconds, NULL),
	FIELD("waiting_max", form_bits, approval_waiting_max, NULL),
	FIELD("waiting_max_per_address", form_bits, approval_waiting_max_per_address, NULL),
};
static const struct members approval_members = MEMBERS(approval_rows);

static const struct member profile_rows[] = {
	GIVEN("id", form_id, id, NULL),
	GIVEN("account_id", form_id, account_id, NULL),
	FIELD("ca_id", form_id, ca_id, NULL),
	GIVEN("version", form_id, version, NULL),
	FIELD("name", form_text, name, NULL),
	GIVEN("oid", form_text, oid, NULL),
	GIVEN("state", form_words, state, &profile_state_words),
	LIST("aliases", form_aliases),
	FIELD("template", form_words, template, &profile_template_words),
	FIELD("auth", form_words, auth, &auth_method_words),
	FIELD("challenge_password", form_words, challenge, &challenge_words),
	FIELD("binding", form_words, binding, &binding_words),
	FIELD("identity", form_words, identity, &identity_rule_words),
	GROUP("devices", devices_members),
	FIELD("certificates_per_subject", form_bits, certificates_per_subject, NULL),
	FIELD("strict_encoding", form_boolean, strict_encoding, NULL),
	LIST("subject", form_subject),
	FIELD("subject_unlisted", form_words, subject_unlisted, &unlisted_words),
	GROUP("san", san_members),
	FIELD("extension_unlisted", form_words, extension_unlisted, &unlisted_words),
	GROUP("key", key_members),
	LIST("key_usage", form_key_usage),
	FIELD("key_usage_critical", form_boolean, content.key_usage_critical, NULL),
	LIST("ext_key_usage", form_ext_key_usage),
	FIELD("ext_key_usage_critical", form_boolean, content.ext_key_usage_critical, NULL),
	LIST("policies", form_policies),
	GROUP("cdp", cdp_members),
	GROUP("aia", aia_members),
	LIST("extensions", form_private_extensions),
	LIST("signature", form_signature),
	FIELD("validity", form_duration, validity_seconds, NULL),
	FIELD("not_after", form_not_after, not_after, NULL),
	FIELD("backdate", form_duration, backdate_seconds, NULL),
	FIELD("csrattrs", form_words, csrattrs, &csrattrs_words),
	FIELD("include_chain", form_boolean, include_chain, NULL),
	FIELD("repeat_answer", form_duration, repeat_seconds, NULL),
	GROUP("renewal", renewal_members),
	FIELD("serverkeygen", form_boolean, serverkeygen, NULL),
	FIELD("fullcmc", form_boolean, fullcmc, NULL),
	GROUP("approval", approval_members),
};
static const struct members profile_members = MEMBERS(profile_rows);

/* -- the text form -- */

json_t *profile_to_json(const struct profile *profile)
{
	return members_write(&profile_members, profile);
}

/* The template decides what every other member is by default, so it is read first. */
static bool read_template(const json_t *object, enum profile_template otherwise,
			  enum profile_template *ret, struct error *err)
{
	const json_t *json = json_object_get(object, "template");
	unsigned int template = otherwise;

	if (json && !json_is_null(json) &&
	    (!json_is_string(json) ||
	     !words_find(&profile_template_words, json_string_value(json), &template)))
		return error_set(err, REASON_INVALID, "template: no such template");
	*ret = (enum profile_template) template;
	return true;
}

bool profile_from_json(const json_t *json, struct profile **ret, struct error *err)
{
	CLEANUP(profile_freep) struct profile *profile = NULL;
	enum profile_template template;

	if (!json_object_get(json, "template"))
		return error_set(err, REASON_INVALID, "template: missing");
	if (!read_template(json, TEMPLATE_CLIENT_AUTHENTICATION, &template, err) ||
	    !profile_new(template, &profile, err))
		return false;

	struct reading reading = { .profile = profile, .whole = true };
	if (!members_read(&profile_members, json, &reading, "", err) ||
	    !profile_check(profile, err))
		return false;
	*ret = TAKE(profile);
	return true;
}

/* A copy by way of the text form, which holds every field. It need not pass profile_check() yet: a
 * new profile has no name. */
static bool copy_profile(const struct profile *profile, struct profile **ret, struct error *err)
{
	CLEANUP(profile_freep) struct profile *copy = NULL;
	json_t *json = profile_to_json(profile);

	if (!json)
		return error_set(err, REASON_NO_MEMORY, "profile");
	bool copied = profile_new(profile->template, &copy, err);
	if (copied) {
		struct reading reading = { .profile = copy, .whole = true };
		copied = members_read(&profile_members, json, &reading, "", err);
	}
	json_decref(json);
	if (copied)
		*ret = TAKE(copy);
	return copied;
}

bool profile_apply_json(struct profile *profile, const json_t *patch, struct error *err)
{
	CLEANUP(profile_freep) struct profile *defaults = NULL;
	CLEANUP(profile_freep) struct profile *changed = NULL;
	enum profile_template template;

	if (!read_template(patch, profile->template, &template, err) ||
	    !profile_new(template, &defaults, err) || !copy_profile(profile, &changed, err))
		return false;

	struct reading reading = { .profile = changed, .defaults = defaults };
	if (!members_read(&profile_members, patch, &reading, "", err) ||
	    !profile_check(changed, err))
		return false;

	struct profile old = *profile;
	*profile = *changed;
	*changed = old;
	return true;
}
