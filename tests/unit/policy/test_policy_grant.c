/* What a grant lets be issued, to the letter and to the second. */
#include "scene.h"

static struct grant *granted(const struct scene *scene)
{
	struct verdict verdict;

	policy_decide(scene->profile, &scene->facts, &verdict);
	if (!verdict.allowed)
		fail_msg("%s: %s", reason_code(verdict.refusal.reason), verdict.refusal.detail);
	return TAKE(verdict.grant);
}

TEST(a_grant_says_whose_and_what_it_is)
{
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	scene.profile->signature = SIGN_ECDSA_SHA384;
	CLEANUP(grant_freep) struct grant *grant = granted(&scene);
	assert_int_equal(grant->account_id, ACCOUNT_ID);
	assert_int_equal(grant->ca_id, CA_ID);
	assert_int_equal(grant->profile_id, PROFILE_ID);
	assert_int_equal(grant->profile_version, 5);
	assert_int_equal(grant->purpose, PURPOSE_DEVICE);
	assert_int_equal(grant->operation, EST_SIMPLEENROLL);
	assert_int_equal(grant->signature, SIGN_ECDSA_SHA384);
	assert_int_equal(grant->renews_id, 0);
	assert_false(grant->is_ca);
	assert_int_equal(grant->path_len, -1);
	assert_true(
		bytes_equal(public_key_spki(grant->key), public_key_spki(test_key(DEVICE_KEY))));
	assert_int_equal(grant->ext_key_usage_count, 2);
	assert_string_equal(grant->ext_key_usages[0], "1.3.6.1.5.5.7.3.2");
	assert_string_equal(grant->peer, "192.0.2.7");
	assert_string_equal(grant->request_id, "0123456789abcdef");
	assert_string_equal(grant->requested_by, "CN=dev-1");
	scene_close(&scene);
}

TEST(a_grant_says_who_asked)
{
	static const struct {
		void (*open)(struct scene *);
		const char *who;
		int64_t renews;
	} rows[] = {
		{ scene_enroll_by_passphrase, "passphrase", 0 },
		{ scene_enroll_by_third_party, "CN=dev-1", 0 },
		{ scene_enroll_by_ra, "CN=proxy-1", 0 },
		{ scene_renew_by_own, "CN=dev-1", 11 },
		{ scene_renew_by_ra, "CN=proxy-1", 12 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scene scene;

		rows[i].open(&scene);
		CLEANUP(grant_freep) struct grant *grant = granted(&scene);
		assert_string_equal(grant->requested_by, rows[i].who);
		assert_int_equal(grant->renews_id, rows[i].renews);
		scene_close(&scene);
	}
}

TEST(a_nameless_client_certificate_is_told_by_its_kind)
{
	struct cert_spec spec = device_cert();
	struct scene scene;

	spec.subject = "";
	spec.san = "dns:dev-1";
	scene_enroll_by_third_party(&scene);
	scene_client(&scene, IDENTITY_THIRD_PARTY, spec);
	CLEANUP(grant_freep) struct grant *grant = granted(&scene);
	assert_string_equal(grant->requested_by, "third-party-certificate");
	scene_close(&scene);
}

TEST(crt_05_key_usage_fits_the_key)
{
	static const struct {
		enum test_key key;
		unsigned int usage;
	} rows[] = {
		{ RSA_KEY, KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT },
		{ DEVICE_KEY, KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT },
		{ ED25519_KEY, KU_DIGITAL_SIGNATURE },
	};
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.profile->key_usage = KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT |
				   KU_DATA_ENCIPHERMENT | KU_KEY_AGREEMENT | KU_KEY_CERT_SIGN |
				   KU_CRL_SIGN;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		scene_csr(&scene, (struct csr_spec){ .subject = "CN=dev-1", .key = rows[i].key });
		CLEANUP(grant_freep) struct grant *grant = granted(&scene);
		assert_int_equal(grant->key_usage, rows[i].usage);
		assert_int_equal(public_key_type(grant->key),
				 public_key_type(test_key(rows[i].key)));
	}
	scene_close(&scene);
}

static void expect_validity(const struct scene *scene, int64_t not_before, int64_t not_after)
{
	CLEANUP(grant_freep) struct grant *grant = granted(scene);

	assert_int_equal(grant->not_before, not_before);
	assert_int_equal(grant->not_after, not_after);
}

TEST(ci_05_a_day_is_86400_seconds_with_both_ends)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.profile->validity_seconds = 86400;
	scene.profile->backdate_seconds = 0;
	expect_validity(&scene, NOW, NOW + 86399);
	scene.profile->validity_seconds = 1;
	expect_validity(&scene, NOW, NOW);
	scene.profile->backdate_seconds = 300;
	expect_validity(&scene, NOW - 300, NOW);
	scene.profile->backdate_seconds = -300;
	expect_validity(&scene, NOW, NOW);
	scene_close(&scene);
}

TEST(ci_05_nothing_outlives_its_ca_or_is_older)
{
	struct scene scene;
	int64_t ca_begins, ca_ends;

	scene_enroll_by_passphrase(&scene);
	ca_begins = cert_not_before(scene.ca.cert);
	ca_ends = cert_not_after(scene.ca.cert);
	scene.profile->validity_seconds = INT64_C(100) * 365 * 86400;
	expect_validity(&scene, NOW - 300, ca_ends);
	scene.profile->validity_seconds = INT64_MAX;
	expect_validity(&scene, NOW - 300, ca_ends);
	scene.profile->validity_seconds = ca_ends - NOW + 1;
	expect_validity(&scene, NOW - 300, ca_ends);
	scene.profile->validity_seconds--;
	expect_validity(&scene, NOW - 300, ca_ends - 1);
	scene.facts.now = ca_begins + 10;
	expect_validity(&scene, ca_begins, scene.facts.now + scene.profile->validity_seconds - 1);
	scene_close(&scene);
}

/* -- a fixed end -- */

static void expect_no_grant(const struct scene *scene, enum reason reason)
{
	struct verdict verdict;

	policy_decide(scene->profile, &scene->facts, &verdict);
	assert_int_equal(verdict.refusal.reason, reason);
	assert_false(verdict.allowed);
	verdict_done(&verdict);
}

TEST(ci_05_a_fixed_end_is_kept_or_refused_never_cut)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.profile->not_after = cert_not_after(scene.ca.cert) + 1;
	expect_no_grant(&scene, REASON_END_UNREACHABLE);
	scene.profile->not_after = NOT_AFTER_NEVER;
	expect_no_grant(&scene, REASON_END_UNREACHABLE);
	/* backdated, it would have been valid once */
	scene.profile->not_after = NOW - 1;
	expect_no_grant(&scene, REASON_END_UNREACHABLE);
	scene.profile->not_after = NOW;
	expect_validity(&scene, NOW - 300, NOW);
	scene.profile->not_after = cert_not_after(scene.ca.cert);
	expect_validity(&scene, NOW - 300, cert_not_after(scene.ca.cert));
	scene_close(&scene);
}

TEST(a_ca_without_an_end_gives_certificates_without_one)
{
	struct cert_spec spec = { .subject = "CN=CA",
				  .key = CA_KEY,
				  .not_before = NOW - DAY,
				  .not_after = NOT_AFTER_NEVER,
				  .is_ca = true,
				  .path_len = -1 };
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	cert_free(scene.ca.cert);
	scene.ca.cert = make_cert(&spec);
	assert_int_equal(cert_not_after(scene.ca.cert), NOT_AFTER_NEVER);
	scene.profile->not_after = NOT_AFTER_NEVER;
	expect_validity(&scene, NOW - 300, NOT_AFTER_NEVER);
	scene_close(&scene);
}

/* -- what the profile writes besides -- */

TEST(the_content_of_a_profile_is_the_grants)
{
	static char cps[] = "http://pki.example/cps", crl[] = "http://pki.example/a.crl",
		    oid[] = "1.2.3", private_oid[] = "1.3.6.1.4.1.99999.1";
	static unsigned char null[] = { 0x05, 0x00 };
	struct certificate_policy policy = { oid, cps };
	struct private_extension private = { private_oid, true, null, sizeof null };
	char *crls[] = { crl };
	CLEANUP(buffer_done) struct buffer list = { 0 };
	struct extensions found;
	struct scene scene;
	struct error err;

	scene_enroll_by_passphrase(&scene);
	struct profile_content before = scene.profile->content;
	scene.profile->content = (struct profile_content){
		.ext_key_usage_critical = true,
		.policies = &policy,
		.policy_count = 1,
		.crl_published = PUBLISHED_AT_URLS,
		.crl_urls = { crls, 1 },
		.access_published = PUBLISHED_NOWHERE,
		.private_extensions = &private,
		.private_extension_count = 1,
	};
	CLEANUP(grant_freep) struct grant *grant = granted(&scene);
	scene.profile->content = before;
	assert_false(grant->key_usage_critical);
	assert_true(grant->ext_key_usage_critical);
	assert_false(grant->crl_at_node);
	assert_false(grant->access_at_node);
	der_write(&list, DER_SEQUENCE, buffer_view(&grant->extensions));
	EXPECT_OK(extensions_parse(buffer_view(&list), &found, &err), err);
	assert_int_equal(found.count, 3);
	assert_non_null(extensions_find(&found, oid_certificate_policies));
	assert_non_null(extensions_find(&found, oid_crl_distribution_points));
	assert_true(found.items[2].critical);
	assert_true(bytes_equal(found.items[2].value, (struct bytes){ null, sizeof null }));
	scene_close(&scene);
}

/* -- CS-37: who gets id-kp-cmcRA -- */

static void make_ra_profile(struct scene *scene)
{
	struct profile *profile = NULL;
	struct error err;

	EXPECT_OK(profile_new(TEMPLATE_RA, &profile, &err), err);
	profile->id = scene->profile->id;
	profile->account_id = scene->profile->account_id;
	profile->ca_id = scene->profile->ca_id;
	profile->name = strdup("proxies");
	EXPECT_OK(profile_check(profile, &err), err);
	profile_free(scene->profile);
	scene->profile = profile;
}

TEST(cs_37_only_an_ra_whose_scope_names_the_profile_gets_ra_certificates)
{
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	make_ra_profile(&scene);
	EXPECT_DENIED(scene, REASON_RA_SCOPE);
	scene_close(&scene);

	scene_renew_by_own(&scene);
	make_ra_profile(&scene);
	EXPECT_DENIED(scene, REASON_RA_SCOPE);
	scene_close(&scene);

	/* also where somebody got a passphrase past profile_check() */
	scene_enroll_by_passphrase(&scene);
	make_ra_profile(&scene);
	scene.profile->auth = AUTH_EITHER;
	EXPECT_DENIED(scene, REASON_RA_SCOPE);
	scene_close(&scene);

	scene_enroll_by_ra(&scene);
	make_ra_profile(&scene);
	scene.scope.all_profiles = true;
	scene.scope.profile_count = 0;
	EXPECT_DENIED(scene, REASON_RA_SCOPE);
	scene.facts.certificate.scope = NULL;
	EXPECT_DENIED(scene, REASON_RA_SCOPE);
	scene.facts.certificate.scope = &scene.scope;
	scene.scope.profile_count = 1;
	CLEANUP(grant_freep) struct grant *grant = granted(&scene);
	assert_int_equal(grant->purpose, PURPOSE_RA);
	assert_string_equal(grant->ext_key_usages[1], "1.3.6.1.5.5.7.3.28");
	scene_close(&scene);
}

TEST(the_trace_tells_of_every_rule)
{
	struct scene scene;
	struct verdict verdict;
	size_t skipped = 0;

	scene_enroll_by_passphrase(&scene);
	policy_decide(scene.profile, &scene.facts, &verdict);
	assert_int_equal(verdict.trace.count, 24);
	for (size_t i = 0; i < verdict.trace.count; i++) {
		const struct trace_step *step = &verdict.trace.steps[i];
		assert_true(step->rule && step->rule[0]);
		assert_int_not_equal(step->outcome, TRACE_REFUSED);
		if (step->outcome == TRACE_SKIPPED) {
			assert_true(step->words[0] != '\0');
			skipped++;
		}
	}
	assert_int_equal(skipped, 8);
	verdict_done(&verdict);
	assert_null(verdict.grant);
	scene_close(&scene);
}

TEST(the_trace_ends_at_the_refusal_with_its_words)
{
	struct scene scene;
	struct verdict verdict;

	scene_enroll_by_passphrase(&scene);
	scene.facts.address_allowed = false;
	policy_decide(scene.profile, &scene.facts, &verdict);
	assert_int_equal(verdict.trace.count, 3);
	assert_string_equal(verdict.trace.steps[2].rule, "address");
	assert_string_equal(verdict.trace.steps[2].words, verdict.refusal.detail);
	assert_string_equal(verdict.refusal.detail, "192.0.2.7 is not in the list of account acme");
	verdict_done(&verdict);
	scene_close(&scene);
}

POLICY_TEST_MAIN(RUN(a_grant_says_whose_and_what_it_is), RUN(a_grant_says_who_asked),
		 RUN(a_nameless_client_certificate_is_told_by_its_kind),
		 RUN(crt_05_key_usage_fits_the_key),
		 RUN(ci_05_a_day_is_86400_seconds_with_both_ends),
		 RUN(ci_05_nothing_outlives_its_ca_or_is_older),
		 RUN(ci_05_a_fixed_end_is_kept_or_refused_never_cut),
		 RUN(a_ca_without_an_end_gives_certificates_without_one),
		 RUN(the_content_of_a_profile_is_the_grants),
		 RUN(cs_37_only_an_ra_whose_scope_names_the_profile_gets_ra_certificates),
		 RUN(the_trace_tells_of_every_rule),
		 RUN(the_trace_ends_at_the_refusal_with_its_words))
