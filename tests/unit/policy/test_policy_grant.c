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

TEST(the_trace_tells_of_every_rule)
{
	struct scene scene;
	struct verdict verdict;
	size_t skipped = 0;

	scene_enroll_by_passphrase(&scene);
	policy_decide(scene.profile, &scene.facts, &verdict);
	assert_int_equal(verdict.trace.count, 20);
	for (size_t i = 0; i < verdict.trace.count; i++) {
		const struct trace_step *step = &verdict.trace.steps[i];
		assert_true(step->rule && step->rule[0]);
		assert_int_not_equal(step->outcome, TRACE_REFUSED);
		if (step->outcome == TRACE_SKIPPED) {
			assert_true(step->words[0] != '\0');
			skipped++;
		}
	}
	assert_int_equal(skipped, 7);
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
		 RUN(ci_05_nothing_outlives_its_ca_or_is_older), RUN(the_trace_tells_of_every_rule),
		 RUN(the_trace_ends_at_the_refusal_with_its_words))
