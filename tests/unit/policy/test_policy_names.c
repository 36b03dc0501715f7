/* Subject, subjectAltName and identity of a first certificate. */
#include "scene.h"

static void set_subject_rules(struct scene *scene, const struct subject_rule *rules, size_t count)
{
	struct profile *profile = scene->profile;
	struct error err;

	for (size_t i = 0; i < profile->subject_rule_count; i++) {
		free(profile->subject_rules[i].value);
		free(profile->subject_rules[i].pattern);
	}
	free(profile->subject_rules);
	profile->subject_rules = calloc(count, sizeof *rules);
	profile->subject_rule_count = count;
	for (size_t i = 0; i < count; i++) {
		profile->subject_rules[i] = rules[i];
		if (rules[i].value)
			profile->subject_rules[i].value = strdup(rules[i].value);
		if (rules[i].pattern)
			profile->subject_rules[i].pattern = strdup(rules[i].pattern);
	}
	EXPECT_OK(profile_check(profile, &err), err);
}

static void set_san_rule(struct scene *scene, enum san_type type, enum san_source source,
			 const char *pattern)
{
	struct san_rule *rule = &scene->profile->san_rules[type];
	struct error err;

	free(rule->pattern);
	rule->source = source;
	rule->pattern = pattern ? strdup(pattern) : NULL;
	EXPECT_OK(profile_check(scene->profile, &err), err);
}

static void expect_names(const struct scene *scene, const char *subject, const char *san)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	CLEANUP(san_done) struct san expected = { 0 };
	struct verdict verdict;

	policy_decide(scene->profile, &scene->facts, &verdict);
	if (!verdict.allowed)
		fail_msg("%s: %s", reason_code(verdict.refusal.reason), verdict.refusal.detail);
	name_to_text(&verdict.grant->subject, &text);
	assert_string_equal(text.len ? buffer_cstring(&text) : "", subject);
	read_san(san, &expected);
	assert_true(san_equal(&verdict.grant->san, &expected));
	verdict_done(&verdict);
}

static void ask(struct scene *scene, const char *subject, const char *san)
{
	scene_csr(scene, (struct csr_spec){ .subject = subject, .san = san, .key = DEVICE_KEY });
}

/* -- subject -- */

TEST(a_required_attribute_must_be_asked_for)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	ask(&scene, "O=Acme", NULL);
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	ask(&scene, "O=Acme,CN=dev-1", NULL);
	expect_names(&scene, "O=Acme, CN=dev-1", "");
	scene_close(&scene);
}

TEST(the_subject_comes_in_the_rules_order)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	ask(&scene, "CN=dev-1,OU=b,O=Acme,OU=a,C=DE", NULL);
	expect_names(&scene, "C=DE, O=Acme, OU=b, OU=a, CN=dev-1", "");
	scene_close(&scene);
}

TEST(cs_26_a_repeated_common_name_is_refused)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	ask(&scene, "CN=dev-1,CN=dev-2", NULL);
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	ask(&scene, "CN=dev-1+CN=dev-1", NULL);
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	ask(&scene, "CN=dev-1+serialNumber=7", NULL);
	expect_names(&scene, "CN=dev-1, serialNumber=7", "");
	scene_close(&scene);
}

TEST(unlisted_attributes_are_dropped_or_refused)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	ask(&scene, "CN=dev-1,title=King", NULL);
	expect_names(&scene, "CN=dev-1", "");
	scene.profile->subject_unlisted = UNLISTED_REFUSE;
	ask(&scene, "CN=dev-1,title=King", "dns:dev-1");
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	ask(&scene, "CN=dev-1", NULL);
	EXPECT_ALLOWED(scene);
	scene.profile->subject_unlisted = (enum unlisted)9;
	ask(&scene, "CN=dev-1,title=King", "dns:dev-1");
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	scene_close(&scene);
}

TEST(fixed_and_dropped_attributes_are_the_profiles)
{
	static const struct subject_rule rules[] = {
		{ .attribute = NAME_ORGANIZATION, .source = SUBJECT_FIXED, .value = "Acme" },
		{ .attribute = NAME_ORGANIZATIONAL_UNIT, .source = SUBJECT_DROPPED },
		{ .attribute = NAME_COMMON_NAME, .source = SUBJECT_CSR_OPTIONAL },
	};
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.profile->subject_unlisted = UNLISTED_REFUSE;
	set_subject_rules(&scene, rules, ARRAY_LEN(rules));
	ask(&scene, "O=Evil,OU=root,CN=dev-1", NULL);
	expect_names(&scene, "O=Acme, CN=dev-1", "");
	ask(&scene, "", NULL);
	expect_names(&scene, "O=Acme", "");
	scene_close(&scene);
}

TEST(a_pattern_must_match_the_whole_value)
{
	static const struct subject_rule rules[] = {
		{ .attribute = NAME_COMMON_NAME,
		  .source = SUBJECT_CSR_REQUIRED,
		  .pattern = "dev-[0-9]+|gw-[0-9]+" },
	};
	static const char *const refused[] = { "CN=dev-1x", "CN=xdev-1", "CN=dev-",
					       "CN=dev-1 gw-2" };
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	set_subject_rules(&scene, rules, ARRAY_LEN(rules));
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		ask(&scene, refused[i], NULL);
		EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	}
	ask(&scene, "CN=gw-77", NULL);
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(cs_34_what_looks_like_a_template_is_taken_literally)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	ask(&scene, "CN=%{serialNumber}/a$1", NULL);
	expect_names(&scene, "CN=%{serialNumber}/a$1", "");
	scene_close(&scene);
}

TEST(an_attribute_of_the_clients_certificate_must_be_there)
{
	static const struct subject_rule rules[] = {
		{ .attribute = NAME_SERIAL_NUMBER, .source = SUBJECT_CLIENT_CERTIFICATE },
		{ .attribute = NAME_COMMON_NAME, .source = SUBJECT_CSR_REQUIRED },
	};
	struct cert_spec with_serial = device_cert();
	struct scene scene;

	with_serial.subject = "CN=dev-1,serialNumber=S77";
	scene_enroll_by_third_party(&scene);
	set_subject_rules(&scene, rules, ARRAY_LEN(rules));
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	scene_client(&scene, IDENTITY_THIRD_PARTY, with_serial);
	expect_names(&scene, "serialNumber=S77, CN=dev-1", "");
	scene_passphrase(&scene, REASON_NONE);
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	scene_close(&scene);
}

TEST(an_ras_own_name_is_never_a_devices)
{
	static const struct subject_rule rules[] = {
		{ .attribute = NAME_COMMON_NAME, .source = SUBJECT_CLIENT_CERTIFICATE },
	};
	struct scene scene;

	scene_enroll_by_ra(&scene);
	EXPECT_ALLOWED(scene);
	set_subject_rules(&scene, rules, ARRAY_LEN(rules));
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	scene_close(&scene);
}

TEST(cs_28_a_wildcard_in_the_common_name_needs_leave)
{
	static const struct subject_rule patterned[] = {
		{ .attribute = NAME_COMMON_NAME,
		  .source = SUBJECT_CSR_REQUIRED,
		  .pattern = "\\*\\.acme\\.example" },
	};
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	ask(&scene, "O=Acme,CN=*.acme.example", NULL);
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	scene.profile->san_rules[SAN_DNS].wildcard = true;
	EXPECT_ALLOWED(scene);
	ask(&scene, "CN=a*.acme.example", NULL);
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	scene.profile->san_rules[SAN_DNS].wildcard = false;
	set_subject_rules(&scene, patterned, ARRAY_LEN(patterned));
	ask(&scene, "CN=*.acme.example", NULL);
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(cs_25_an_empty_subject_needs_an_alternative_name)
{
	static const struct subject_rule rules[] = {
		{ .attribute = NAME_COMMON_NAME, .source = SUBJECT_CSR_OPTIONAL },
	};
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	ask(&scene, "", "dns:dev-1.acme.example");
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	set_subject_rules(&scene, rules, ARRAY_LEN(rules));
	expect_names(&scene, "", "dns:dev-1.acme.example");
	ask(&scene, "", NULL);
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	scene_close(&scene);
}

TEST(a_change_of_name_outside_a_renewal_is_refused)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.profile->change_subject = true;
	scene_csr(&scene, (struct csr_spec){ .subject = "CN=dev-1",
					     .changes = true,
					     .new_subject = "CN=dev-2" });
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	scene_close(&scene);
}

/* -- subjectAltName -- */

TEST(cs_30_each_type_of_name_is_judged_by_its_own_rule)
{
	static const char *const names[SAN_TYPE_COUNT] = {
		[SAN_DNS] = "dns:dev-1.acme.example",
		[SAN_IP] = "ip:192.0.2.1",
		[SAN_EMAIL] = "email:a@acme.example",
		[SAN_URI] = "uri:urn:dev:1",
		[SAN_HARDWARE_MODULE] = "hardware_module:1.3.6.1.4.1.99999.7:0a0b",
		[SAN_REGISTERED_ID] = "registered_id:1.3.6.1",
	};
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	for (enum san_type type = SAN_DNS; type < SAN_TYPE_COUNT; type++) {
		ask(&scene, "CN=dev-1", names[type]);
		set_san_rule(&scene, type, SAN_REFUSED, NULL);
		EXPECT_DENIED(scene, REASON_SAN_RULE);
		set_san_rule(&scene, type, SAN_DROPPED, NULL);
		expect_names(&scene, "CN=dev-1", "");
		set_san_rule(&scene, type, SAN_FROM_CSR_REQUIRED, NULL);
		expect_names(&scene, "CN=dev-1", names[type]);
		ask(&scene, "CN=dev-1", NULL);
		EXPECT_DENIED(scene, REASON_SAN_RULE);
		set_san_rule(&scene, type, SAN_FROM_CSR_OPTIONAL, NULL);
		expect_names(&scene, "CN=dev-1", "");
		scene.profile->san_rules[type].source = (enum san_source)9;
		ask(&scene, "CN=dev-1", names[type]);
		EXPECT_DENIED(scene, REASON_SAN_RULE);
		scene.profile->san_rules[type].source = SAN_FROM_CSR_OPTIONAL;
	}
	scene_close(&scene);
}

TEST(cs_30_types_that_are_never_issued_are_refused)
{
	/* directoryName "" */
	static const struct bytes directory = BYTES_LITERAL("\x30\x04\xa4\x02\x30\x00");
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene_csr(&scene, (struct csr_spec){ .subject = "CN=dev-1", .raw_san = directory });
	EXPECT_DENIED(scene, REASON_SAN_RULE);
	scene_close(&scene);
}

TEST(cs_28_wildcards_are_a_whole_first_label_and_need_leave)
{
	static const char *const never[] = {
		"dns:*",           "dns:*.com",      "dns:a*.acme.example", "dns:*a.acme.example",
		"dns:a.*.example", "dns:*.*.example"
	};
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	ask(&scene, "CN=dev-1", "dns:*.acme.example");
	EXPECT_DENIED(scene, REASON_SAN_RULE);
	scene.profile->san_rules[SAN_DNS].wildcard = true;
	EXPECT_ALLOWED(scene);
	for (size_t i = 0; i < ARRAY_LEN(never); i++) {
		ask(&scene, "CN=dev-1", never[i]);
		EXPECT_DENIED(scene, REASON_SAN_RULE);
	}
	scene_close(&scene);
}

TEST(cs_29_an_address_outside_the_ranges_is_refused)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	set_san_rule(&scene, SAN_IP, SAN_FROM_CSR_OPTIONAL,
		     "cidr 192.0.2.0/24, 2001:db8::/32, 198.51.100.7");
	ask(&scene, "CN=dev-1", "ip:192.0.3.0");
	EXPECT_DENIED(scene, REASON_SAN_RULE);
	ask(&scene, "CN=dev-1", "ip:192.0.2.9,ip:2001:db9::1");
	EXPECT_DENIED(scene, REASON_SAN_RULE);
	ask(&scene, "CN=dev-1", "ip:192.0.2.255,ip:2001:db8::1,ip:198.51.100.7");
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(a_san_pattern_must_match_the_whole_value)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	set_san_rule(&scene, SAN_DNS, SAN_FROM_CSR_OPTIONAL, "[a-z0-9-]+\\.corp");
	ask(&scene, "CN=dev-1", "dns:a.corp.evil.example");
	EXPECT_DENIED(scene, REASON_SAN_RULE);
	ask(&scene, "CN=dev-1", "dns:a.corp,dns:b.a.corp");
	EXPECT_DENIED(scene, REASON_SAN_RULE);
	ask(&scene, "CN=dev-1", "dns:a.corp,dns:b.corp");
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

/* -- identity -- */

TEST(cl_16_a_device_does_not_enroll_another_name)
{
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	ask(&scene, "CN=dev-2", NULL);
	EXPECT_DENIED(scene, REASON_NAME_NOT_AUTHORIZED);
	ask(&scene, "CN=DEV-1", NULL);
	EXPECT_ALLOWED(scene);
	ask(&scene, "CN=dev-2", NULL);
	scene.profile->identity = IDENTITY_ANY;
	EXPECT_ALLOWED(scene);
	scene.profile->identity = (enum identity_rule)9;
	EXPECT_DENIED(scene, REASON_NAME_NOT_AUTHORIZED);
	scene_close(&scene);
}

TEST(cl_16_an_own_certificate_that_enrolls_keeps_to_its_names_too)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	scene.facts.operation = EST_SIMPLEENROLL;
	scene.profile->own_certificate = OWN_CERTIFICATE_ENROLLS;
	EXPECT_ALLOWED(scene);
	ask(&scene, "CN=dev-2", NULL);
	EXPECT_DENIED(scene, REASON_NAME_NOT_AUTHORIZED);
	scene_close(&scene);
}

TEST(cs_33_every_alternative_name_must_stand_in_the_certificate)
{
	struct cert_spec spec = device_cert();
	struct scene scene;

	spec.san = "dns:dev-1.acme.example,ip:192.0.2.1,uri:urn:dev:1";
	scene_enroll_by_third_party(&scene);
	scene_client(&scene, IDENTITY_THIRD_PARTY, spec);
	ask(&scene, "CN=dev-1", "dns:dev-1.acme.example,dns:dev-2.acme.example");
	EXPECT_DENIED(scene, REASON_NAME_NOT_AUTHORIZED);
	ask(&scene, "CN=dev-1", "ip:192.0.2.2");
	EXPECT_DENIED(scene, REASON_NAME_NOT_AUTHORIZED);
	ask(&scene, "CN=dev-1", "dns:DEV-1.acme.example,ip:192.0.2.1,dns:dev-1");
	EXPECT_ALLOWED(scene);
	ask(&scene, "CN=dev-1.acme.example", NULL);
	EXPECT_ALLOWED(scene);
	ask(&scene, "CN=urn:dev:1", NULL);
	EXPECT_ALLOWED(scene);
	ask(&scene, "CN=192.0.2.1", NULL);
	EXPECT_DENIED(scene, REASON_NAME_NOT_AUTHORIZED);
	scene_close(&scene);
}

TEST(cl_16_every_attribute_that_names_somebody_must_be_the_certificates)
{
	static const char *const others[] = {
		"CN=dev-1,UID=root",       "CN=dev-1,emailAddress=ceo@acme.example",
		"CN=dev-1,DC=acme",        "CN=dev-1,surname=Root",
		"CN=dev-1,givenName=Root", "CN=dev-1,pseudonym=root",
	};
	struct cert_spec spec = device_cert();
	struct scene scene;

	spec.subject = "CN=dev-1,UID=dev-1,O=Maker";
	scene_enroll_by_third_party(&scene);
	scene_client(&scene, IDENTITY_THIRD_PARTY, spec);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		ask(&scene, others[i], NULL);
		EXPECT_DENIED(scene, REASON_NAME_NOT_AUTHORIZED);
	}
	ask(&scene, "CN=dev-1,UID=DEV-1,O=Owner,OU=Pumps,C=DE", NULL);
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(the_serial_number_must_be_the_certificates)
{
	struct cert_spec spec = device_cert();
	struct scene scene;

	spec.subject = "CN=dev-1,serialNumber=S77";
	scene_enroll_by_third_party(&scene);
	scene_client(&scene, IDENTITY_THIRD_PARTY, spec);
	ask(&scene, "CN=dev-1,serialNumber=S78", NULL);
	EXPECT_DENIED(scene, REASON_NAME_NOT_AUTHORIZED);
	ask(&scene, "CN=S77,serialNumber=s77", NULL);
	EXPECT_ALLOWED(scene);
	ask(&scene, "CN=dev-1,serialNumber=dev-1", NULL);
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(attributes_that_name_no_device_are_the_subject_rules_matter)
{
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	ask(&scene, "C=DE,O=Acme,OU=plant 3,CN=dev-1", NULL);
	expect_names(&scene, "C=DE, O=Acme, OU=plant 3, CN=dev-1", "");
	scene_close(&scene);
}

TEST(a_foreign_name_is_refused_also_where_a_rule_would_drop_it)
{
	static const struct subject_rule rules[] = {
		{ .attribute = NAME_COMMON_NAME, .source = SUBJECT_CLIENT_CERTIFICATE },
	};
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	set_subject_rules(&scene, rules, ARRAY_LEN(rules));
	ask(&scene, "CN=dev-2", NULL);
	EXPECT_DENIED(scene, REASON_NAME_NOT_AUTHORIZED);
	ask(&scene, "", NULL);
	expect_names(&scene, "CN=dev-1", "");
	scene_close(&scene);
}

TEST(ras_and_passphrases_are_not_asked_whose_name_it_is)
{
	struct scene scene;

	scene_enroll_by_ra(&scene);
	ask(&scene, "CN=dev-2", "dns:any.acme.example");
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
	scene_enroll_by_passphrase(&scene);
	ask(&scene, "CN=dev-2", "dns:any.acme.example");
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

/* -- from elsewhere than the request -- */

#define MODULE "hardware_module:1.3.6.1.4.1.99999.7:"

static struct cert_spec module_cert(const char *subject, const char *san)
{
	struct cert_spec spec = device_cert();

	spec.subject = subject;
	spec.san = san;
	return spec;
}

TEST(a_rule_reads_another_attribute_of_the_clients_certificate)
{
	static const struct subject_rule rules[] = {
		{ .attribute = NAME_COMMON_NAME,
		  .source = SUBJECT_CLIENT_CERTIFICATE,
		  .from = { ORIGIN_SUBJECT, NAME_SERIAL_NUMBER },
		  .pattern = "S[0-9%{}$]+" },
	};
	static const struct {
		const char *subject, *issued;
	} rows[] = {
		{ "CN=dev-1", NULL },
		{ "serialNumber=X77", NULL },
		{ "serialNumber=S77,serialNumber=S78", NULL },
		{ "CN=dev-1,serialNumber=S77", "CN=S77" },
	};
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	set_subject_rules(&scene, rules, ARRAY_LEN(rules));
	ask(&scene, "", NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		scene_client(&scene, IDENTITY_THIRD_PARTY, module_cert(rows[i].subject, NULL));
		if (rows[i].issued)
			expect_names(&scene, rows[i].issued, "");
		else
			EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	}
	/* what the rule makes may be asked for; anything else is another's name */
	ask(&scene, "CN=S77", NULL);
	expect_names(&scene, "CN=S77", "");
	ask(&scene, "CN=S78", NULL);
	EXPECT_DENIED(scene, REASON_NAME_NOT_AUTHORIZED);
	scene_close(&scene);
}

TEST(a_rule_reads_the_hardware_module_name)
{
	static const struct {
		enum origin_kind kind;
		const char *san, *issued;
	} rows[] = {
		{ ORIGIN_HARDWARE_SERIAL, "dns:dev-1", NULL },
		{ ORIGIN_HARDWARE_SERIAL, MODULE "0001", NULL },
		{ ORIGIN_HARDWARE_SERIAL, MODULE "2041", NULL },
		{ ORIGIN_HARDWARE_SERIAL, MODULE "4131," MODULE "4132", NULL },
		{ ORIGIN_HARDWARE_SERIAL, MODULE "41257b7d", "CN=A%{}" },
		{ ORIGIN_HARDWARE_SERIAL_HEX, MODULE "00ff", "CN=00ff" },
		{ ORIGIN_HARDWARE_TYPE, MODULE "00ff", "CN=1.3.6.1.4.1.99999.7" },
	};
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	ask(&scene, "", NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct subject_rule rule = { .attribute = NAME_COMMON_NAME,
						   .source = SUBJECT_CLIENT_CERTIFICATE,
						   .from = { .kind = rows[i].kind } };

		set_subject_rules(&scene, &rule, 1);
		scene_client(&scene, IDENTITY_THIRD_PARTY, module_cert("CN=x", rows[i].san));
		if (rows[i].issued)
			expect_names(&scene, rows[i].issued, "");
		else
			EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	}
	scene_close(&scene);
}

TEST(cl_16_the_hardware_serial_number_vouches_for_its_device)
{
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	scene_client(&scene, IDENTITY_THIRD_PARTY, module_cert("CN=x", MODULE "413132"));
	ask(&scene, "CN=A12,serialNumber=a12", NULL);
	EXPECT_ALLOWED(scene);
	ask(&scene, "CN=A13", NULL);
	EXPECT_DENIED(scene, REASON_NAME_NOT_AUTHORIZED);
	scene_close(&scene);
}

TEST(what_is_an_ras_word_is_nobody_else_s)
{
	static const struct subject_rule rules[] = {
		{ .attribute = NAME_COMMON_NAME, .source = SUBJECT_RA, .pattern = "dev-.*" },
	};
	struct scene scene;

	scene_enroll_by_ra(&scene);
	set_subject_rules(&scene, rules, ARRAY_LEN(rules));
	set_san_rule(&scene, SAN_DNS, SAN_FROM_RA, NULL);
	ask(&scene, "CN=dev-9", NULL);
	EXPECT_DENIED(scene, REASON_SAN_RULE);
	ask(&scene, "O=Acme", "dns:nine.example");
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	ask(&scene, "CN=other", "dns:nine.example");
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	ask(&scene, "CN=dev-9", "dns:nine.example");
	expect_names(&scene, "CN=dev-9", "dns:nine.example");
	scene_client(&scene, IDENTITY_THIRD_PARTY, module_cert("CN=dev-9", "dns:nine.example"));
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	scene_passphrase(&scene, REASON_NONE);
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	scene_close(&scene);
}

static void set_san_value(struct scene *scene, enum san_type type, const char *value)
{
	scene->profile->san_rules[type].value = strdup(value);
	set_san_rule(scene, type, SAN_FIXED, NULL);
}

TEST(a_san_is_fixed_or_the_clients_certificates)
{
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	set_san_value(&scene, SAN_URI, "urn:example:fleet");
	set_san_rule(&scene, SAN_DNS, SAN_FROM_CLIENT_CERTIFICATE, "[a-z.-]+");
	scene_client(&scene, IDENTITY_THIRD_PARTY, module_cert("CN=dev-1", NULL));
	EXPECT_DENIED(scene, REASON_SAN_RULE);
	scene_client(&scene, IDENTITY_THIRD_PARTY, module_cert("CN=dev-1", "dns:b.example,dns:7"));
	EXPECT_DENIED(scene, REASON_SAN_RULE);
	scene_client(&scene, IDENTITY_THIRD_PARTY,
		     module_cert("CN=dev-1", "dns:a.example,dns:b.example"));
	expect_names(&scene, "CN=dev-1", "uri:urn:example:fleet,dns:b.example,dns:a.example");
	/* the request may say the same, and no more (CS-33) */
	ask(&scene, "CN=dev-1", "dns:a.example,uri:urn:example:fleet");
	expect_names(&scene, "CN=dev-1", "uri:urn:example:fleet,dns:b.example,dns:a.example");
	ask(&scene, "CN=dev-1", "dns:a.example,uri:urn:example:other");
	EXPECT_DENIED(scene, REASON_NAME_NOT_AUTHORIZED);
	scene.profile->san_rules[SAN_DNS].from =
		(struct origin){ ORIGIN_SUBJECT, NAME_COMMON_NAME };
	ask(&scene, "CN=dev-1", NULL);
	EXPECT_DENIED(scene, REASON_SAN_RULE);
	scene_client(&scene, IDENTITY_THIRD_PARTY, module_cert("CN=gate.example", NULL));
	ask(&scene, "CN=gate.example", NULL);
	expect_names(&scene, "CN=gate.example", "uri:urn:example:fleet,dns:gate.example");
	scene_passphrase(&scene, REASON_NONE);
	EXPECT_DENIED(scene, REASON_SAN_RULE);
	scene_close(&scene);
}

TEST(a_renewal_keeps_what_rules_took_from_elsewhere)
{
	static const struct subject_rule rules[] = {
		{ .attribute = NAME_COMMON_NAME,
		  .source = SUBJECT_CLIENT_CERTIFICATE,
		  .from = { ORIGIN_SUBJECT, NAME_SERIAL_NUMBER } },
		{ .attribute = NAME_ORGANIZATION, .source = SUBJECT_RA },
	};
	struct scene scene;

	scene_renew_by_own(&scene);
	set_subject_rules(&scene, rules, ARRAY_LEN(rules));
	scene_client(&scene, IDENTITY_OWN, module_cert("CN=S77,O=Acme", NULL));
	ask(&scene, "CN=as at first", NULL);
	expect_names(&scene, "CN=S77, O=Acme", "");
	scene_close(&scene);
}

POLICY_TEST_MAIN(RUN(a_required_attribute_must_be_asked_for),
		 RUN(the_subject_comes_in_the_rules_order),
		 RUN(cs_26_a_repeated_common_name_is_refused),
		 RUN(unlisted_attributes_are_dropped_or_refused),
		 RUN(fixed_and_dropped_attributes_are_the_profiles),
		 RUN(a_pattern_must_match_the_whole_value),
		 RUN(cs_34_what_looks_like_a_template_is_taken_literally),
		 RUN(an_attribute_of_the_clients_certificate_must_be_there),
		 RUN(an_ras_own_name_is_never_a_devices),
		 RUN(cs_28_a_wildcard_in_the_common_name_needs_leave),
		 RUN(cs_25_an_empty_subject_needs_an_alternative_name),
		 RUN(a_change_of_name_outside_a_renewal_is_refused),
		 RUN(cs_30_each_type_of_name_is_judged_by_its_own_rule),
		 RUN(cs_30_types_that_are_never_issued_are_refused),
		 RUN(cs_28_wildcards_are_a_whole_first_label_and_need_leave),
		 RUN(cs_29_an_address_outside_the_ranges_is_refused),
		 RUN(a_san_pattern_must_match_the_whole_value),
		 RUN(cl_16_a_device_does_not_enroll_another_name),
		 RUN(cl_16_an_own_certificate_that_enrolls_keeps_to_its_names_too),
		 RUN(cs_33_every_alternative_name_must_stand_in_the_certificate),
		 RUN(cl_16_every_attribute_that_names_somebody_must_be_the_certificates),
		 RUN(the_serial_number_must_be_the_certificates),
		 RUN(attributes_that_name_no_device_are_the_subject_rules_matter),
		 RUN(a_foreign_name_is_refused_also_where_a_rule_would_drop_it),
		 RUN(ras_and_passphrases_are_not_asked_whose_name_it_is),
		 RUN(a_rule_reads_another_attribute_of_the_clients_certificate),
		 RUN(a_rule_reads_the_hardware_module_name),
		 RUN(cl_16_the_hardware_serial_number_vouches_for_its_device),
		 RUN(what_is_an_ras_word_is_nobody_else_s),
		 RUN(a_san_is_fixed_or_the_clients_certificates),
		 RUN(a_renewal_keeps_what_rules_took_from_elsewhere))
