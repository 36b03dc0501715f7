/* How a profile's fields must be, each for itself and all together. */
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/duration.h"
#include "base/utf8.h"
#include "model/pattern.h"
#include "model/profile.h"
#include "model/profile_words.h"
#include "pki/der.h"

#define VALIDITY_MIN 1
#define REPEAT_MAX (24 * 3600)
#define APPROVAL_EXPIRES_MIN 3600
#define APPROVAL_EXPIRES_MAX (90 * 86400)
#define APPROVAL_WAITING_MAX 100000 /* a person decides on each */
#define CODE_TRIES_MAX 1000
#define CERTIFICATES_PER_SUBJECT_MAX 1000
#define RENEWALS_PER_MINUTE_MAX 60000
#define BACKDATE_MAX                                                                               \
	(7 * 86400) /* further back would claim times before a revocation was known                \
		     */

/* The same refusal, with the field before its words; memory that is out is nobody's fault. */
static bool refuse_within(const char *field, const struct error *why, struct error *err)
{
	enum reason reason = why->reason == REASON_NO_MEMORY ? REASON_NO_MEMORY : REASON_INVALID;

	return error_set(err, reason, "%s: %s", field, why->detail);
}

/* An OID in dotted text to its contents octets. */
static bool read_oid(const char *field, const char *text, struct buffer *ret, struct error *err)
{
	if (oid_from_text(text, ret))
		return true;
	if (!buffer_ok(ret))
		return error_set(err, REASON_NO_MEMORY, "%s", field);
	return error_set(err, REASON_INVALID, "%s: \"%s\" is not an OID", field, text);
}

/* -- naming -- */

static bool check_name(const struct profile *profile, struct error *err)
{
	struct bytes rest = bytes_of_string(profile->name);

	if (rest.len == 0 || rest.len > PROFILE_NAME_MAX)
		return error_set(err, REASON_INVALID, "name: 1 to %d bytes", PROFILE_NAME_MAX);
	if (rest.data[0] == ' ' || rest.data[rest.len - 1] == ' ')
		return error_set(err, REASON_INVALID, "name: begins or ends with a space");
	while (rest.len) {
		uint32_t code_point = utf8_take(&rest);
		if (code_point == UTF8_INVALID || utf8_is_unprintable(code_point))
			return error_set(err, REASON_INVALID, "name: not printable UTF-8");
	}
	return true;
}

static bool check_ids(const struct profile *profile, struct error *err)
{
	if (profile->id < 0 || profile->account_id < 0 || profile->ca_id < 0 ||
	    profile->version < 0)
		return error_set(err, REASON_INVALID, "ca_id: negative");
	return true;
}

/* It is not there before the profile is first saved. */
static bool check_oid(const struct profile *profile, struct error *err)
{
	CLEANUP(buffer_done) struct buffer contents = { 0 };

	return !profile->oid || read_oid("oid", profile->oid, &contents, err);
}

static bool alias_is_repeated(const struct profile *profile, size_t index)
{
	const char *alias = profile->aliases[index];

	for (size_t i = 0; i < index; i++)
		if (strcmp(profile->aliases[i], alias) == 0)
			return true;
	return profile->oid && strcmp(profile->oid, alias) == 0;
}

static bool check_aliases(const struct profile *profile, struct error *err)
{
	struct error why;

	if (profile->alias_count > PROFILE_ALIASES_MAX)
		return error_set(err, REASON_INVALID, "aliases: more than %d", PROFILE_ALIASES_MAX);
	for (size_t i = 0; i < profile->alias_count; i++) {
		if (!label_check(profile->aliases[i], &why))
			return refuse_within("aliases", &why, err);
		if (alias_is_repeated(profile, i))
			return error_set(err, REASON_INVALID, "aliases: \"%s\" twice",
					 profile->aliases[i]);
	}
	return true;
}

/* -- words -- */

static bool check_words(const struct profile *profile, struct error *err)
{
	const struct {
		const char *field;
		const struct words *words;
		unsigned int value;
	} rows[] = {
		{ "state", &profile_state_words, profile->state },
		{ "template", &profile_template_words, profile->template },
		{ "auth", &auth_method_words, profile->auth },
		{ "challenge_password", &challenge_words, profile->challenge },
		{ "binding", &binding_words, profile->binding },
		{ "identity", &identity_rule_words, profile->identity },
		{ "devices.admit", &device_rule_words, profile->devices },
		{ "subject_unlisted", &unlisted_words, profile->subject_unlisted },
		{ "extension_unlisted", &unlisted_words, profile->extension_unlisted },
		{ "key.reuse", &key_reuse_words, profile->key_reuse },
		{ "renewal.while_valid", &renew_valid_words, profile->renew_valid },
		{ "renewal.after_expiry", &renew_expired_words, profile->renew_expired },
		{ "renewal.key", &renew_key_words, profile->renew_key },
		{ "renewal.old_certificate", &renew_old_words, profile->renew_old },
		{ "renewal.own_certificate_on_enroll", &own_certificate_words,
		  profile->own_certificate },
		{ "csrattrs", &csrattrs_words, profile->csrattrs },
		{ "approval.hold", &approval_words, profile->approval },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (!words_text(rows[i].words, rows[i].value))
			return error_set(err, REASON_INVALID, "%s: no such value", rows[i].field);
	return true;
}

static bool check_authentication(const struct profile *profile, struct error *err)
{
	if (profile->challenge == CHALLENGE_IS_PASSPHRASE && !auth_takes_passphrase(profile->auth))
		return error_set(err, REASON_INVALID,
				 "challenge_password: no passphrase is accepted by this auth");
	if (profile->challenge == CHALLENGE_IS_CODE && !auth_takes_code(profile->auth))
		return error_set(err, REASON_INVALID,
				 "challenge_password: no device code is accepted by this auth");
	return true;
}

/* A passphrase is everybody's, so nobody who comes with it alone is anybody on a list. */
static bool check_devices(const struct profile *profile, struct error *err)
{
	if (profile->devices == DEVICES_REGISTERED && profile->auth == AUTH_PASSPHRASE)
		return error_set(err, REASON_INVALID,
				 "devices.admit: a passphrase proves no registered device");
	if (profile->code_tries > CODE_TRIES_MAX)
		return error_set(err, REASON_INVALID, "devices.code_tries: 0 to %d",
				 CODE_TRIES_MAX);
	if (profile->certificates_per_subject > CERTIFICATES_PER_SUBJECT_MAX)
		return error_set(err, REASON_INVALID, "certificates_per_subject: 0 to %d",
				 CERTIFICATES_PER_SUBJECT_MAX);
	return true;
}

/* Who knows the passphrase that a whole fleet shares would get any device's key made for it. */
static bool check_keygen(const struct profile *profile, struct error *err)
{
	if (profile->serverkeygen && profile->auth == AUTH_PASSPHRASE)
		return error_set(err, REASON_INVALID,
				 "serverkeygen: a shared passphrase is not enough; auth must take "
				 "a certificate or a device's code");
	return true;
}

/* -- subject and SAN -- */

static bool check_fixed_value(const struct subject_rule *rule, struct error *err)
{
	CLEANUP(name_done) struct name name = { 0 };

	if (!rule->value)
		return error_set(err, REASON_INVALID, "a fixed attribute needs a value");
	return name_append(&name, rule->attribute, rule->value, err);
}

static bool check_origin(struct origin from, bool is_read, struct error *err)
{
	if (from.kind == ORIGIN_SAME)
		return true;
	if (!is_read)
		return error_set(err, REASON_INVALID, "from needs the source client-certificate");
	return origin_text(from) || error_set(err, REASON_INVALID, "from: no such origin");
}

static bool check_subject_rule(const struct subject_rule *rule, struct error *err)
{
	if ((unsigned int)rule->attribute >= NAME_UNKNOWN)
		return error_set(err, REASON_INVALID, "unknown attribute");
	if (!words_text(&subject_source_words, rule->source))
		return error_set(err, REASON_INVALID, "no such source");
	if (!check_origin(rule->from, rule->source == SUBJECT_CLIENT_CERTIFICATE, err))
		return false;
	if (rule->source == SUBJECT_FIXED)
		return check_fixed_value(rule, err);
	if (rule->value)
		return error_set(err, REASON_INVALID, "a value needs the source fixed");
	return !rule->pattern || pattern_check(rule->pattern, err);
}

/* Several fixed OU or DC make sense; which of two rules a CSR's attribute obeys would not. */
static bool rule_contends(const struct profile *profile, size_t index)
{
	const struct subject_rule *rules = profile->subject_rules;

	for (size_t i = 0; i < index; i++)
		if (rules[i].attribute == rules[index].attribute &&
		    (rules[i].source != SUBJECT_FIXED || rules[index].source != SUBJECT_FIXED))
			return true;
	return false;
}

static bool check_subject(const struct profile *profile, struct error *err)
{
	char field[32];
	struct error why;

	if (profile->subject_rule_count > PROFILE_RULES_MAX)
		return error_set(err, REASON_INVALID, "subject: more than %d rules",
				 PROFILE_RULES_MAX);
	for (size_t i = 0; i < profile->subject_rule_count; i++) {
		const struct subject_rule *rule = &profile->subject_rules[i];
		snprintf(field, sizeof field, "subject[%zu]", i);
		if (!check_subject_rule(rule, &why))
			return refuse_within(field, &why, err);
		if (rule_contends(profile, i))
			return error_set(err, REASON_INVALID, "%s: %s has a rule already", field,
					 name_attribute_text(rule->attribute));
	}
	return true;
}

static bool check_san_pattern(enum san_type type, const char *pattern, struct error *err)
{
	struct address_set set;

	if (type != SAN_IP)
		return pattern_check(pattern, err);
	if (!address_list_parse(pattern, &set, err))
		return false;
	address_set_done(&set);
	return true;
}

static bool check_fixed_san(enum san_type type, const struct san_rule *rule, struct error *err)
{
	CLEANUP(san_done) struct san san = { 0 };

	if (rule->source != SAN_FIXED)
		return !rule->value ||
		       error_set(err, REASON_INVALID, "value: needs the source fixed");
	if (!rule->value)
		return error_set(err, REASON_INVALID, "value: missing for the source fixed");

	struct error why = { 0 };
	return san_append(&san, type, rule->value, &why) || refuse_within("value", &why, err);
}

static bool check_san_rule(enum san_type type, const struct san_rule *rule, struct error *err)
{
	struct error why;

	if (!words_text(&san_source_words, rule->source))
		return error_set(err, REASON_INVALID, "source: no such value");
	if (!check_fixed_san(type, rule, err) ||
	    !check_origin(rule->from, rule->source == SAN_FROM_CLIENT_CERTIFICATE, err))
		return false;
	if (rule->wildcard && type != SAN_DNS)
		return error_set(err, REASON_INVALID, "wildcard: only DNS names have any");
	if (rule->pattern && !check_san_pattern(type, rule->pattern, &why))
		return refuse_within("pattern", &why, err);
	return true;
}

static bool check_san(const struct profile *profile, struct error *err)
{
	struct error why;

	for (enum san_type type = 0; type < SAN_TYPE_COUNT; type++) {
		if (check_san_rule(type, &profile->san_rules[type], &why))
			continue;
		return error_set(err, why.reason, "san.%s.%s", san_type_text(type), why.detail);
	}
	return true;
}

static bool anything_is_named(const struct profile *profile)
{
	for (size_t i = 0; i < profile->subject_rule_count; i++)
		if (profile->subject_rules[i].source != SUBJECT_DROPPED)
			return true;
	for (size_t i = 0; i < SAN_TYPE_COUNT; i++)
		if (profile->san_rules[i].source != SAN_DROPPED &&
		    profile->san_rules[i].source != SAN_REFUSED)
			return true;
	return false;
}

static bool check_naming(const struct profile *profile, struct error *err)
{
	if (!anything_is_named(profile))
		return error_set(err, REASON_INVALID,
				 "subject: neither it nor a san would ever name anything");
	return true;
}

/* -- keys and usages -- */

static bool check_key(const struct profile *profile, struct error *err)
{
	bool any = false;

	for (size_t i = 0; i < KEY_TYPE_COUNT; i++)
		any = any || profile->key_allowed[i];
	if (!any)
		return error_set(err, REASON_INVALID, "key.types: none");
	if (profile->rsa_bits_min < KEY_RSA_BITS_MIN || profile->rsa_bits_max > KEY_RSA_BITS_MAX ||
	    profile->rsa_bits_min > profile->rsa_bits_max)
		return error_set(err, REASON_INVALID,
				 "key.rsa_bits_min, key.rsa_bits_max: %d to %d, in this order",
				 KEY_RSA_BITS_MIN, KEY_RSA_BITS_MAX);
	if ((unsigned int)profile->signature > SIGN_COUNT)
		return error_set(err, REASON_INVALID, "signature: no such algorithm");
	return true;
}

/* RFC 5280 4.2.1.3: the last two only qualify keyAgreement. keyCertSign and cRLSign belong to CAs,
 * and no device is one. */
static bool check_key_usage(const struct profile *profile, struct error *err)
{
	const unsigned int known = KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION | KU_KEY_ENCIPHERMENT |
				   KU_DATA_ENCIPHERMENT | KU_KEY_AGREEMENT | KU_ENCIPHER_ONLY |
				   KU_DECIPHER_ONLY;
	const unsigned int only = profile->key_usage & (KU_ENCIPHER_ONLY | KU_DECIPHER_ONLY);

	if (profile->key_usage & ~known)
		return error_set(err, REASON_INVALID,
				 "key_usage: keyCertSign and cRLSign are for CAs");
	if ((profile->key_usage & ~only) == 0)
		return error_set(err, REASON_INVALID, "key_usage: none");
	if (only && !(profile->key_usage & KU_KEY_AGREEMENT))
		return error_set(err, REASON_INVALID,
				 "key_usage: encipherOnly and decipherOnly need keyAgreement");
	if (only == (KU_ENCIPHER_ONLY | KU_DECIPHER_ONLY))
		return error_set(err, REASON_INVALID,
				 "key_usage: encipherOnly and decipherOnly exclude each other");
	return true;
}

/* Usages that would make a device an RA, an OCSP responder, or anything at all. Only who picked the
 * template of RAs meant to make some. */
static bool usage_is_forbidden(const struct profile *profile, struct bytes oid)
{
	return (bytes_equal(oid, oid_cmc_ra) && profile->template != TEMPLATE_RA) ||
	       bytes_equal(oid, oid_ocsp_signing) || bytes_equal(oid, oid_any_ext_key_usage);
}

static bool check_ext_key_usage(const struct profile *profile, size_t index, struct error *err)
{
	CLEANUP(buffer_done) struct buffer oid = { 0 };
	const char *text = profile->ext_key_usages[index];

	if (!read_oid("ext_key_usage", text, &oid, err))
		return false;
	if (usage_is_forbidden(profile, buffer_view(&oid)))
		return error_set(err, REASON_INVALID, "ext_key_usage: %s is not for devices", text);
	for (size_t i = 0; i < index; i++)
		if (strcmp(profile->ext_key_usages[i], text) == 0)
			return error_set(err, REASON_INVALID, "ext_key_usage: %s twice", text);
	return true;
}

static bool check_ext_key_usages(const struct profile *profile, struct error *err)
{
	if (profile->ext_key_usage_count > PROFILE_EKU_MAX)
		return error_set(err, REASON_INVALID, "ext_key_usage: more than %d",
				 PROFILE_EKU_MAX);
	for (size_t i = 0; i < profile->ext_key_usage_count; i++)
		if (!check_ext_key_usage(profile, i, err))
			return false;
	return true;
}

/* A secret that several share must not make RAs, which speak for devices. */
static bool check_ras(const struct profile *profile, struct error *err)
{
	return !profile_makes_ras(profile) || profile->auth == AUTH_TLS_CERTIFICATE ||
	       error_set(err, REASON_INVALID,
			 "auth: RA certificates are for RA certificates alone to ask for, so it is "
			 "tls-certificate");
}

static bool check_content(const struct profile *profile, struct error *err)
{
	return profile_content_check(&profile->content, err);
}

/* -- times -- */

static bool check_times(const struct profile *profile, struct error *err)
{
	const struct {
		const char *field;
		int64_t value, min, max;
	} rows[] = {
		{ "validity", profile->validity_seconds, VALIDITY_MIN, DURATION_MAX },
		{ "not_after", profile->not_after, 0, NOT_AFTER_NEVER },
		{ "backdate", profile->backdate_seconds, 0, BACKDATE_MAX },
		{ "repeat_answer", profile->repeat_seconds, 0, REPEAT_MAX },
		{ "renewal.opens_before", profile->window_opens_seconds, 0, DURATION_MAX },
		{ "renewal.closes_after", profile->window_closes_seconds, WINDOW_WITHOUT_END,
		  DURATION_MAX },
		{ "renewal.old_certificate_after", profile->renew_old_seconds, 0, DURATION_MAX },
		{ "approval.retry_after", profile->approval_retry_seconds, APPROVAL_RETRY_MIN,
		  APPROVAL_RETRY_MAX },
		{ "approval.expires_after", profile->approval_expires_seconds, APPROVAL_EXPIRES_MIN,
		  APPROVAL_EXPIRES_MAX },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].value < rows[i].min || rows[i].value > rows[i].max)
			return error_set(err, REASON_INVALID, "%s: too short or too long",
					 rows[i].field);
	return true;
}

/* Else the one that lost our answer and asks again is refused for its revoked certificate. */
static bool check_old_outlives_repetition(const struct profile *profile, struct error *err)
{
	return profile->renew_old != RENEW_OLD_REVOKED_LATER ||
	       profile->renew_old_seconds >= profile->repeat_seconds ||
	       error_set(err, REASON_INVALID,
			 "renewal.old_certificate_after: shorter than repeat_answer");
}

static bool check_renewal_rate(const struct profile *profile, struct error *err)
{
	return profile->renewals_per_minute <= RENEWALS_PER_MINUTE_MAX ||
	       error_set(err, REASON_INVALID, "renewal.per_minute: 0 to %d",
			 RENEWALS_PER_MINUTE_MAX);
}

/* A window that is asked for and never opens is a mistake that shows a year later. */
static bool check_windows(const struct profile *profile, struct error *err)
{
	if (profile->renew_valid == RENEW_VALID_IN_WINDOW && profile->window_opens_seconds == 0)
		return error_set(err, REASON_INVALID,
				 "renewal.opens_before: 0s, so no renewal is possible while valid");
	if (profile->renew_valid == RENEW_VALID_IN_WINDOW && profile->not_after == NOT_AFTER_NEVER)
		return error_set(err, REASON_INVALID,
				 "renewal.while_valid: a window before an end that never comes");
	if (profile->renew_expired == RENEW_EXPIRED_IN_WINDOW &&
	    profile->window_closes_seconds == 0)
		return error_set(
			err, REASON_INVALID,
			"renewal.closes_after: 0s, so no renewal is possible after expiry");
	return true;
}

/* -- approval -- */

/* The jitter may double the delay; a request that was forgotten before its client asks again would
 * wait for ever. */
static bool check_approval(const struct profile *profile, struct error *err)
{
	if (profile->approval_without_credentials && profile->approval == APPROVAL_NONE)
		return error_set(err, REASON_INVALID,
				 "approval.without_credentials: needs approval.hold");
	if (profile->approval != APPROVAL_NONE && profile->serverkeygen)
		return error_set(err, REASON_INVALID,
				 "approval.hold: a key that is made here is another each time a "
				 "client asks, so serverkeygen must be off");
	if (profile->approval_expires_seconds < 2 * profile->approval_retry_seconds)
		return error_set(err, REASON_INVALID,
				 "approval.expires_after: at least twice approval.retry_after");
	if (profile->approval_waiting_max < 1 ||
	    profile->approval_waiting_max > APPROVAL_WAITING_MAX ||
	    profile->approval_waiting_max_per_address < 1 ||
	    profile->approval_waiting_max_per_address > profile->approval_waiting_max)
		return error_set(err, REASON_INVALID,
				 "approval.waiting_max_per_address, approval.waiting_max: 1 to %d, "
				 "in this order",
				 APPROVAL_WAITING_MAX);
	return true;
}

bool profile_check(const struct profile *profile, struct error *err)
{
	static bool (*const checks[])(const struct profile *, struct error *) = {
		check_name,           check_ids,     check_oid,
		check_aliases,        check_words,   check_authentication,
		check_devices,        check_subject, check_san,
		check_naming,         check_key,     check_key_usage,
		check_ext_key_usages, check_ras,     check_content,
		check_times,          check_windows, check_old_outlives_repetition,
		check_renewal_rate,   check_keygen,  check_approval,
	};

	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		if (!checks[i](profile, err))
			return false;
	return true;
}
