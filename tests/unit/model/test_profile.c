#include <stdlib.h>
#include <string.h>

#include "model/pattern.h"
#include "model/profile.h"
#include "model/profile_words.h"
#include "test.h"

static struct profile *make(enum profile_template template)
{
	struct profile *profile = NULL;
	struct error err = { 0 };

	EXPECT_OK(profile_new(template, &profile, &err), err);
	profile->name = strdup("Sensors");
	return profile;
}

static void refuse_label(const char *label)
{
	struct error err;

	EXPECT_REFUSED(label_check(label, &err), err, REASON_INVALID);
}

TEST(a_label_that_is_an_operation_is_refused)
{
	refuse_label("cacerts");
	refuse_label("simpleenroll");
	refuse_label("fullcmc");
	refuse_label("site/serverkeygen");
	refuse_label("csrattrs/site");
	refuse_label("site/simplereenroll/b");
}

TEST(ht_21_a_label_that_could_climb_is_refused)
{
	refuse_label(".");
	refuse_label("..");
	refuse_label("a/../b");
	refuse_label("a/./b");
	refuse_label("/a");
	refuse_label("a/");
	refuse_label("a//b");
	refuse_label("/");
}

TEST(ht_22_a_label_of_other_characters_or_lengths_is_refused)
{
	char label[PROFILE_LABEL_MAX + 2];

	refuse_label("");
	refuse_label("a b");
	refuse_label("a%2fb");
	refuse_label("a;b");
	refuse_label("a\\b");
	refuse_label("\xc3\xb6");
	refuse_label("a\n");
	memset(label, 'a', sizeof label - 1);
	label[sizeof label - 1] = '\0';
	refuse_label(label);
}

TEST(labels_of_one_or_more_segments_are_taken)
{
	static const char *const labels[] = { "a", "2.25.1", "site-1/line_2~b", "...", "Cacerts" };
	char longest[PROFILE_LABEL_MAX + 1];
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(labels); i++)
		EXPECT_OK(label_check(labels[i], &err), err);
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	EXPECT_OK(label_check(longest, &err), err);
}

TEST(a_pattern_that_could_cost_without_bound_is_refused)
{
	static const char *const patterns[] = {
		"",
		"(",
		"[a",
		"[",
		"[^",
		"[[",
		"[[:",
		"a{2,1}",
		"*",
		"(a)\\1",
		"(a{32}){32}",
		"a{1,600}",
		"a{513}",
		"((a{8}){8}){8}",
		"((((((((((a+)+)+)+)+)+)+)+)+)+)+",
		"a++++++++++",
		"([a[:digit:]]+[]+)*])+{200}",
		"a{99999999999999999999}",
		"(a|b{400,}){2}",
	};
	static const char *const cheap[] = {
		"[a-z]+-[a-z]+-[a-z]+-[a-z]+-[a-z]+-[a-z]+-[a-z]+-[a-z]+-[a-z]+-[a-z]+",
		"([0-9]+(\\.[0-9]+)*)+",
		"[]+(]{255}",
		"a{255}-b{200}",
		"((a*)*)*",
		"\\(\\[\\{9",
		"[^]a-z[:space:]+]+x",
		"a{3,}",
	};
	char longest[PATTERN_MAX + 2];
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(patterns); i++)
		EXPECT_REFUSED(pattern_check(patterns[i], &err), err, REASON_INVALID);
	for (size_t i = 0; i < ARRAY_LEN(cheap); i++)
		EXPECT_OK(pattern_check(cheap[i], &err), err);
	/* one that was stored by a release that let it pass */
	assert_false(pattern_matches("((((((((((a+)+)+)+)+)+)+)+)+)+)+", "a"));
	assert_true(pattern_matches("(((a+)+)+)+", "aaaa"));
	memset(longest, 'a', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	EXPECT_REFUSED(pattern_check(longest, &err), err, REASON_INVALID);
}

TEST(a_pattern_matches_whole_values_only)
{
	assert_false(pattern_matches("dev", "dev-1"));
	assert_false(pattern_matches("dev", "a-dev"));
	assert_false(pattern_matches("a|ab", "abc"));
	assert_false(pattern_matches("a)|(b", "a"));
	assert_false(pattern_matches("a)|b", "b-and-anything"));
	assert_false(pattern_matches("(", "("));
	assert_false(pattern_matches("dev-[0-9]+", "dev-1\nx"));
	assert_true(pattern_matches("a|ab", "ab"));
	assert_true(pattern_matches("dev-[0-9]{1,8}", "dev-0042"));
	assert_true(pattern_matches(".*\\.example\\.com", "a.example.com"));
	assert_true(pattern_matches("^dev$", "dev"));
}

TEST(an_unknown_template_is_refused)
{
	struct profile *profile = NULL;
	struct error err;

	EXPECT_REFUSED(profile_new((enum profile_template)9, &profile, &err), err, REASON_INVALID);
	assert_null(profile);
}

TEST(a_template_alone_has_no_name_yet)
{
	CLEANUP(profile_freep) struct profile *profile = NULL;
	struct error err = { 0 };

	EXPECT_OK(profile_new(TEMPLATE_GENERIC_DEVICE, &profile, &err), err);
	EXPECT_REFUSED(profile_check(profile, &err), err, REASON_INVALID);
	assert_non_null(strstr(err.detail, "name"));
}

TEST(client_authentication_defaults)
{
	CLEANUP(profile_freep) struct profile *profile = make(TEMPLATE_CLIENT_AUTHENTICATION);
	struct error err = { 0 };

	EXPECT_OK(profile_check(profile, &err), err);
	assert_int_equal(profile->auth, AUTH_PASSPHRASE);
	assert_int_equal(profile->challenge, CHALLENGE_IS_BINDING);
	assert_int_equal(profile->identity, IDENTITY_MUST_MATCH);
	assert_int_equal(profile->validity_seconds, 365 * 86400);
	assert_int_equal(profile->backdate_seconds, 300);
	assert_int_equal(profile->window_opens_seconds, 30 * 86400);
	assert_int_equal(profile->window_closes_seconds, 0);
	assert_int_equal(profile->ext_key_usage_count, 1);
	assert_string_equal(profile->ext_key_usages[0], "1.3.6.1.5.5.7.3.2");
	assert_int_equal(profile->san_rules[SAN_EMAIL].source, SAN_FROM_CSR_OPTIONAL);
	assert_int_equal(profile->signature, SIGN_COUNT);
	assert_int_equal(profile->key_usage, KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT);
}

TEST(every_template_passes_its_own_check)
{
	for (enum profile_template t = TEMPLATE_CLIENT_AUTHENTICATION; t <= TEMPLATE_RA; t++) {
		CLEANUP(profile_freep) struct profile *profile = make(t);
		struct error err = { 0 };

		EXPECT_OK(profile_check(profile, &err), err);
		assert_int_equal(profile_makes_ras(profile), t == TEMPLATE_RA);
		assert_true(profile->content.key_usage_critical);
		assert_int_equal(profile->san_rules[SAN_HARDWARE_MODULE].source,
				 t == TEMPLATE_LDEVID ? SAN_FROM_CSR_OPTIONAL : SAN_REFUSED);
	}
}

TEST(ldevid_and_server_defaults)
{
	CLEANUP(profile_freep) struct profile *ldevid = make(TEMPLATE_LDEVID);
	CLEANUP(profile_freep) struct profile *server = make(TEMPLATE_TLS_SERVER);

	assert_int_equal(ldevid->key_usage, KU_DIGITAL_SIGNATURE);
	assert_int_equal(ldevid->ext_key_usage_count, 0);
	assert_int_equal(ldevid->auth, AUTH_TLS_CERTIFICATE);
	assert_int_equal(server->san_rules[SAN_DNS].source, SAN_FROM_CSR_REQUIRED);
	assert_int_equal(server->ext_key_usage_count, 1);
	assert_string_equal(server->ext_key_usages[0], "1.3.6.1.5.5.7.3.1");
}

TEST(generic_device_defaults)
{
	CLEANUP(profile_freep) struct profile *profile = make(TEMPLATE_GENERIC_DEVICE);
	struct error err = { 0 };

	EXPECT_OK(profile_check(profile, &err), err);
	assert_int_equal(profile->auth, AUTH_TLS_CERTIFICATE);
	assert_int_equal(profile->ext_key_usage_count, 2);
	assert_string_equal(profile->ext_key_usages[1], "1.3.6.1.5.5.7.3.1");
	assert_int_equal(profile->san_rules[SAN_EMAIL].source, SAN_REFUSED);
	assert_int_equal(profile->renew_expired, RENEW_EXPIRED_NEVER);
}

/* -- each refusal of profile_check: what is spoilt, and the field that is named -- */

static void replace(char **text, const char *by)
{
	free(*text);
	*text = by ? strdup(by) : NULL;
}

static void spoil_no_name(struct profile *p)
{
	replace(&p->name, "");
}
static void spoil_spaced_name(struct profile *p)
{
	replace(&p->name, " a");
}
static void spoil_control_name(struct profile *p)
{
	replace(&p->name, "a\nb");
}
static void spoil_override_name(struct profile *p)
{
	replace(&p->name, "a\xe2\x80\xae"
			  "b");
}
static void spoil_utf8_name(struct profile *p)
{
	replace(&p->name, "a\xff");
}
static void spoil_ca(struct profile *p)
{
	p->ca_id = -1;
}
static void spoil_oid(struct profile *p)
{
	replace(&p->oid, "2.25.");
}
static void spoil_state(struct profile *p)
{
	p->state = (enum profile_state)2;
}
static void spoil_auth(struct profile *p)
{
	p->auth = (enum auth_method)5;
}
static void spoil_renew_key(struct profile *p)
{
	p->renew_key = (enum renew_key)3;
}
static void spoil_challenge(struct profile *p)
{
	p->challenge = CHALLENGE_IS_PASSPHRASE;
	p->auth = AUTH_TLS_CERTIFICATE;
}
static void spoil_code_challenge(struct profile *p)
{
	p->challenge = CHALLENGE_IS_CODE;
	p->auth = AUTH_EITHER;
}
static void spoil_devices(struct profile *p)
{
	p->devices = DEVICES_REGISTERED;
	p->auth = AUTH_PASSPHRASE;
}
static void spoil_device_rule(struct profile *p)
{
	p->devices = (enum device_rule)2;
}
static void spoil_code_tries(struct profile *p)
{
	p->code_tries = 1001;
}
static void spoil_limit(struct profile *p)
{
	p->certificates_per_subject = 1001;
}
static void spoil_renewal_rate(struct profile *p)
{
	p->renewals_per_minute = 60001;
}
static void spoil_from(struct profile *p)
{
	p->subject_rules[0].from.kind = ORIGIN_HARDWARE_SERIAL;
}
static void spoil_origin(struct profile *p)
{
	p->subject_rules[0].source = SUBJECT_CLIENT_CERTIFICATE;
	p->subject_rules[0].from.kind = (enum origin_kind)9;
}
static void spoil_san_from(struct profile *p)
{
	p->san_rules[SAN_DNS].from.kind = ORIGIN_SUBJECT;
}
static void spoil_san_value(struct profile *p)
{
	replace(&p->san_rules[SAN_DNS].value, "a.example");
}
static void spoil_san_fixed(struct profile *p)
{
	p->san_rules[SAN_DNS].source = SAN_FIXED;
}
static void spoil_san_fixed_value(struct profile *p)
{
	p->san_rules[SAN_DNS].source = SAN_FIXED;
	replace(&p->san_rules[SAN_DNS].value, "a b");
}
static void spoil_keygen(struct profile *p)
{
	p->serverkeygen = true;
	p->auth = AUTH_PASSPHRASE;
}
static void add_alias(struct profile *p, const char *alias)
{
	p->aliases = realloc(p->aliases, (p->alias_count + 1) * sizeof *p->aliases);
	p->aliases[p->alias_count++] = strdup(alias);
}
static void spoil_alias(struct profile *p)
{
	add_alias(p, "simpleenroll");
}
static void spoil_alias_twice(struct profile *p)
{
	add_alias(p, "a");
	add_alias(p, "a");
}
static void spoil_alias_oid(struct profile *p)
{
	replace(&p->oid, "2.25.1");
	add_alias(p, "2.25.1");
}
static void spoil_aliases(struct profile *p)
{
	char alias[16];

	for (int i = 0; i <= PROFILE_ALIASES_MAX; i++) {
		snprintf(alias, sizeof alias, "a%d", i);
		add_alias(p, alias);
	}
}
static void spoil_fixed(struct profile *p)
{
	p->subject_rules[0].source = SUBJECT_FIXED;
}
static void spoil_country(struct profile *p)
{
	p->subject_rules[0].source = SUBJECT_FIXED;
	replace(&p->subject_rules[0].value, "USA");
}
static void spoil_value(struct profile *p)
{
	replace(&p->subject_rules[1].value, "x");
}
static void spoil_subject_pattern(struct profile *p)
{
	replace(&p->subject_rules[2].pattern, "(");
}
static void spoil_attribute(struct profile *p)
{
	p->subject_rules[1].attribute = NAME_UNKNOWN;
}
static void spoil_repeated_rule(struct profile *p)
{
	p->subject_rules[1].attribute = p->subject_rules[0].attribute;
}
static void spoil_san_pattern(struct profile *p)
{
	replace(&p->san_rules[SAN_DNS].pattern, "[");
}
static void spoil_ip_pattern(struct profile *p)
{
	replace(&p->san_rules[SAN_IP].pattern, "10.0.0.0/24");
}
static void spoil_ip_regex(struct profile *p)
{
	replace(&p->san_rules[SAN_IP].pattern, "10\\..*");
}
static void spoil_wildcard(struct profile *p)
{
	p->san_rules[SAN_URI].wildcard = true;
}
static void spoil_san_source(struct profile *p)
{
	p->san_rules[SAN_EMAIL].source = (enum san_source)7;
}
static void spoil_names(struct profile *p)
{
	for (size_t i = 0; i < p->subject_rule_count; i++)
		p->subject_rules[i].source = SUBJECT_DROPPED;
	for (size_t i = 0; i < SAN_TYPE_COUNT; i++)
		p->san_rules[i].source = SAN_REFUSED;
}
static void spoil_keys(struct profile *p)
{
	memset(p->key_allowed, 0, sizeof p->key_allowed);
}
static void spoil_rsa_min(struct profile *p)
{
	p->rsa_bits_min = 1024;
}
static void spoil_rsa_max(struct profile *p)
{
	p->rsa_bits_max = 8192;
}
static void spoil_rsa_order(struct profile *p)
{
	p->rsa_bits_min = 4096;
	p->rsa_bits_max = 2048;
}
static void spoil_signature(struct profile *p)
{
	p->signature = (enum signature_algorithm)(SIGN_COUNT + 1);
}
static void spoil_no_usage(struct profile *p)
{
	p->key_usage = 0;
}
static void spoil_ca_usage(struct profile *p)
{
	p->key_usage |= KU_KEY_CERT_SIGN;
}
static void spoil_crl_usage(struct profile *p)
{
	p->key_usage |= KU_CRL_SIGN;
}
static void spoil_only_usage(struct profile *p)
{
	p->key_usage = KU_ENCIPHER_ONLY;
}
static void spoil_lone_only(struct profile *p)
{
	p->key_usage |= KU_ENCIPHER_ONLY;
}
static void spoil_both_only(struct profile *p)
{
	p->key_usage |= KU_KEY_AGREEMENT | KU_ENCIPHER_ONLY | KU_DECIPHER_ONLY;
}
static void spoil_eku(struct profile *p)
{
	replace(&p->ext_key_usages[0], "clientAuth");
}
static void spoil_eku_ra(struct profile *p)
{
	replace(&p->ext_key_usages[0], "1.3.6.1.5.5.7.3.28");
}
static void spoil_eku_ocsp(struct profile *p)
{
	replace(&p->ext_key_usages[0], "1.3.6.1.5.5.7.3.9");
}
static void spoil_eku_any(struct profile *p)
{
	replace(&p->ext_key_usages[0], "2.5.29.37.0");
}
static void spoil_eku_twice(struct profile *p)
{
	replace(&p->ext_key_usages[0], p->ext_key_usages[1]);
}
static void spoil_validity(struct profile *p)
{
	p->validity_seconds = 0;
}
static void spoil_long_validity(struct profile *p)
{
	p->validity_seconds = INT64_MAX;
}
static void spoil_backdate(struct profile *p)
{
	p->backdate_seconds = 8 * 86400;
}
static void spoil_opens(struct profile *p)
{
	p->window_opens_seconds = -1;
}
static void spoil_closes(struct profile *p)
{
	p->window_closes_seconds = -2;
}
static void spoil_old(struct profile *p)
{
	p->renew_old_seconds = -1;
}
static void spoil_old_before_repetition(struct profile *p)
{
	p->renew_old = RENEW_OLD_REVOKED_LATER;
	p->renew_old_seconds = p->repeat_seconds - 1;
}
static void spoil_shut_window(struct profile *p)
{
	p->window_opens_seconds = 0;
}
static void spoil_shut_after(struct profile *p)
{
	p->renew_expired = RENEW_EXPIRED_IN_WINDOW;
}

TEST(what_does_not_fit_is_refused_by_the_field_s_name)
{
	static const struct {
		void (*spoil)(struct profile *);
		const char *field;
	} rows[] = {
		{ spoil_no_name, "name:" },
		{ spoil_spaced_name, "name:" },
		{ spoil_control_name, "name:" },
		{ spoil_override_name, "name:" },
		{ spoil_utf8_name, "name:" },
		{ spoil_ca, "ca_id:" },
		{ spoil_oid, "oid:" },
		{ spoil_state, "state:" },
		{ spoil_auth, "auth:" },
		{ spoil_renew_key, "renewal.key:" },
		{ spoil_challenge, "challenge_password:" },
		{ spoil_code_challenge, "challenge_password:" },
		{ spoil_devices, "devices.admit:" },
		{ spoil_device_rule, "devices.admit:" },
		{ spoil_code_tries, "devices.code_tries:" },
		{ spoil_limit, "certificates_per_subject:" },
		{ spoil_renewal_rate, "renewal.per_minute:" },
		{ spoil_from, "subject[0]:" },
		{ spoil_origin, "subject[0]:" },
		{ spoil_san_from, "san.dns.from" },
		{ spoil_san_value, "san.dns.value:" },
		{ spoil_san_fixed, "san.dns.value:" },
		{ spoil_san_fixed_value, "san.dns.value:" },
		{ spoil_keygen, "serverkeygen:" },
		{ spoil_alias, "aliases:" },
		{ spoil_alias_twice, "aliases:" },
		{ spoil_alias_oid, "aliases:" },
		{ spoil_aliases, "aliases:" },
		{ spoil_fixed, "subject[0]:" },
		{ spoil_country, "subject[0]:" },
		{ spoil_value, "subject[1]:" },
		{ spoil_subject_pattern, "subject[2]:" },
		{ spoil_attribute, "subject[1]:" },
		{ spoil_repeated_rule, "subject[1]:" },
		{ spoil_san_pattern, "san.dns.pattern:" },
		{ spoil_ip_pattern, "san.ip.pattern:" },
		{ spoil_ip_regex, "san.ip.pattern:" },
		{ spoil_wildcard, "san.uri.wildcard:" },
		{ spoil_san_source, "san.email.source:" },
		{ spoil_names, "subject:" },
		{ spoil_keys, "key.types:" },
		{ spoil_rsa_min, "key.rsa_bits_min" },
		{ spoil_rsa_max, "key.rsa_bits_min" },
		{ spoil_rsa_order, "key.rsa_bits_min" },
		{ spoil_signature, "signature:" },
		{ spoil_no_usage, "key_usage:" },
		{ spoil_ca_usage, "key_usage:" },
		{ spoil_crl_usage, "key_usage:" },
		{ spoil_only_usage, "key_usage:" },
		{ spoil_lone_only, "key_usage:" },
		{ spoil_both_only, "key_usage:" },
		{ spoil_eku, "ext_key_usage:" },
		{ spoil_eku_ra, "ext_key_usage:" },
		{ spoil_eku_ocsp, "ext_key_usage:" },
		{ spoil_eku_any, "ext_key_usage:" },
		{ spoil_eku_twice, "ext_key_usage:" },
		{ spoil_validity, "validity:" },
		{ spoil_long_validity, "validity:" },
		{ spoil_backdate, "backdate:" },
		{ spoil_opens, "renewal.opens_before:" },
		{ spoil_closes, "renewal.closes_after:" },
		{ spoil_old, "renewal.old_certificate_after:" },
		{ spoil_old_before_repetition, "renewal.old_certificate_after:" },
		{ spoil_shut_window, "renewal.opens_before:" },
		{ spoil_shut_after, "renewal.closes_after:" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(profile_freep) struct profile *profile = make(TEMPLATE_GENERIC_DEVICE);
		struct error err;
		rows[i].spoil(profile);
		EXPECT_REFUSED(profile_check(profile, &err), err, REASON_INVALID);
		if (strncmp(err.detail, rows[i].field, strlen(rows[i].field)) != 0)
			fail_msg("row %zu: \"%s\" does not begin with \"%s\"", i, err.detail,
				 rows[i].field);
	}
}

TEST(what_fits_is_taken)
{
	CLEANUP(profile_freep) struct profile *profile = make(TEMPLATE_CLIENT_AUTHENTICATION);
	struct error err = { 0 };

	replace(&profile->oid, "2.25.329800735698586629295641978511506172918");
	add_alias(profile, "site/line-1");
	profile->subject_rules[3].source = SUBJECT_FIXED;
	replace(&profile->subject_rules[3].value, "Acme");
	profile->subject_rules[4] = (struct subject_rule){ .attribute = NAME_ORGANIZATION,
							   .source = SUBJECT_FIXED,
							   .value = strdup("Works") };
	replace(&profile->subject_rules[5].pattern, "dev-[0-9]+");
	replace(&profile->san_rules[SAN_IP].pattern, "cidr 10.0.0.0/24, 2001:db8::/32");
	profile->renew_expired = RENEW_EXPIRED_IN_WINDOW;
	profile->window_closes_seconds = WINDOW_WITHOUT_END;
	EXPECT_OK(profile_check(profile, &err), err);
}

TEST(every_enum_has_its_words)
{
	assert_string_equal(auth_method_text(AUTH_TLS_CERTIFICATE), "tls-certificate");
	assert_string_equal(auth_method_text(AUTH_EITHER), "either");
	assert_string_equal(profile_state_text(PROFILE_SUSPENDED), "suspended");
	assert_string_equal(profile_template_text(TEMPLATE_GENERIC_DEVICE), "generic-device");
	assert_int_equal(own_certificate_words.count, 3);
	assert_int_equal(renew_old_words.count, 3);
	assert_int_equal(subject_source_words.count, 6);
	assert_int_equal(san_source_words.count, 7);
	assert_string_equal(auth_method_text(AUTH_CERTIFICATE_AND_CODE), "certificate-and-code");
}

TEST_MAIN(RUN(a_label_that_is_an_operation_is_refused),
	  RUN(ht_21_a_label_that_could_climb_is_refused),
	  RUN(ht_22_a_label_of_other_characters_or_lengths_is_refused),
	  RUN(labels_of_one_or_more_segments_are_taken),
	  RUN(a_pattern_that_could_cost_without_bound_is_refused),
	  RUN(a_pattern_matches_whole_values_only), RUN(an_unknown_template_is_refused),
	  RUN(a_template_alone_has_no_name_yet), RUN(client_authentication_defaults),
	  RUN(every_template_passes_its_own_check), RUN(ldevid_and_server_defaults),
	  RUN(generic_device_defaults), RUN(what_does_not_fit_is_refused_by_the_field_s_name),
	  RUN(what_fits_is_taken), RUN(every_enum_has_its_words))
