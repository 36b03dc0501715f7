/* The renewal rules: when, under which names, with which key. */
#include "scene.h"

#define ENDS (NOW + 10 * DAY)
#define OPENS (30 * DAY)
#define CLOSES (10 * DAY)

static void expect_at(struct scene *scene, int64_t now, enum reason expected, int line)
{
	scene->facts.now = now;
	expect_verdict(scene, expected, __FILE__, line);
}
#define EXPECT_AT(scene, now, expected) expect_at(&(scene), now, expected, __LINE__)

/* Both ways to renew obey the same window. */
static void (*const renewals[])(struct scene *) = { scene_renew_by_own, scene_renew_by_ra };

/* An RA that does not expire in between, and a CA that lives for ever. */
static void open_renewal(struct scene *scene, size_t which)
{
	renewals[which](scene);
	if (scene->facts.certificate.kind == IDENTITY_RA)
		scene_set_times(scene, NOW - 4000 * DAY, NOW + 30000 * DAY);
	cert_free(scene->ca.cert);
	scene->ca.cert = make_cert(&(struct cert_spec){ .subject = "CN=CA",
							.key = CA_KEY,
							.not_before = NOW - 4000 * DAY,
							.not_after = NOW + 40000 * DAY,
							.is_ca = true,
							.path_len = -1 });
	scene->anchor.cert = scene->ca.cert;
}

TEST(rn_01_the_window_opens_to_the_second)
{
	for (size_t i = 0; i < ARRAY_LEN(renewals); i++) {
		struct scene scene;

		open_renewal(&scene, i);
		EXPECT_AT(scene, ENDS - OPENS - 1, REASON_RENEWAL_TOO_EARLY);
		EXPECT_AT(scene, ENDS - OPENS, REASON_NONE);
		EXPECT_AT(scene, ENDS, REASON_NONE);
		scene_close(&scene);
	}
}

TEST(rn_02_cl_06_the_window_closes_to_the_second)
{
	for (size_t i = 0; i < ARRAY_LEN(renewals); i++) {
		struct scene scene;

		open_renewal(&scene, i);
		EXPECT_AT(scene, ENDS + 1, REASON_NONE);
		EXPECT_AT(scene, ENDS + CLOSES, REASON_NONE);
		EXPECT_AT(scene, ENDS + CLOSES + 1, REASON_RENEWAL_TOO_LATE);
		scene_close(&scene);
	}
}

TEST(rn_02_a_window_without_end_never_closes)
{
	struct scene scene;

	open_renewal(&scene, 0);
	scene.profile->window_closes_seconds = WINDOW_WITHOUT_END;
	EXPECT_AT(scene, ENDS + 30000 * DAY, REASON_NONE);
	scene_close(&scene);
}

TEST(an_expired_certificate_renews_only_where_the_profile_says_so)
{
	struct scene scene;

	open_renewal(&scene, 0);
	scene.profile->renew_expired = RENEW_EXPIRED_NEVER;
	EXPECT_AT(scene, ENDS + 1, REASON_CERT_EXPIRED);
	EXPECT_AT(scene, ENDS, REASON_NONE);
	scene_close(&scene);
}

TEST(an_expired_own_certificate_renews_by_enroll_as_by_reenroll)
{
	struct scene scene;

	open_renewal(&scene, 0);
	scene.facts.operation = EST_SIMPLEENROLL;
	EXPECT_AT(scene, ENDS + CLOSES, REASON_NONE);
	EXPECT_AT(scene, ENDS + CLOSES + 1, REASON_RENEWAL_TOO_LATE);
	scene.profile->own_certificate = OWN_CERTIFICATE_ENROLLS;
	EXPECT_AT(scene, ENDS + 1, REASON_CERT_EXPIRED);
	EXPECT_AT(scene, ENDS, REASON_NONE);
	scene_close(&scene);
}

TEST(valid_certificates_renew_any_time_or_never)
{
	struct scene scene;

	open_renewal(&scene, 0);
	scene.profile->renew_valid = RENEW_VALID_ANY_TIME;
	EXPECT_AT(scene, ENDS - 364 * DAY, REASON_NONE);
	scene.profile->renew_valid = RENEW_VALID_NEVER;
	EXPECT_AT(scene, ENDS, REASON_RENEWAL_NOT_ALLOWED);
	EXPECT_AT(scene, ENDS + 1, REASON_NONE);
	scene_close(&scene);
}

TEST(rn_03_a_window_longer_than_the_lifetime_is_open_from_the_first_second)
{
	struct scene scene;
	int64_t begins = NOW - 355 * DAY;

	open_renewal(&scene, 0);
	scene.profile->window_opens_seconds = 1000 * DAY;
	EXPECT_AT(scene, begins - 1, REASON_CERT_NOT_YET_VALID);
	EXPECT_AT(scene, begins, REASON_NONE);
	scene_close(&scene);
}

TEST(rn_03_a_zero_window_is_one_second_long)
{
	struct scene scene;

	open_renewal(&scene, 0);
	scene.profile->window_opens_seconds = 0;
	scene.profile->window_closes_seconds = 0;
	EXPECT_AT(scene, ENDS - 1, REASON_RENEWAL_TOO_EARLY);
	EXPECT_AT(scene, ENDS, REASON_NONE);
	EXPECT_AT(scene, ENDS + 1, REASON_RENEWAL_TOO_LATE);
	scene_close(&scene);
}

TEST(rn_03_windows_are_exact_over_2038_and_2106)
{
	static const int64_t edges[] = { INT64_C(0x7fffffff), INT64_C(0xffffffff),
					 INT64_C(951782400) /* 2000-02-29 */ };

	for (size_t i = 0; i < ARRAY_LEN(edges); i++) {
		struct scene scene;
		int64_t ends = edges[i] + 1;

		open_renewal(&scene, 0);
		cert_free(scene.ca.cert);
		scene.ca.cert = make_cert(&(struct cert_spec){ .subject = "CN=CA",
							       .key = CA_KEY,
							       .not_before = 0,
							       .not_after = 2 * edges[1],
							       .is_ca = true });
		scene_set_times(&scene, ends - 400 * DAY, ends);
		EXPECT_AT(scene, ends - OPENS - 1, REASON_RENEWAL_TOO_EARLY);
		EXPECT_AT(scene, ends - OPENS, REASON_NONE);
		EXPECT_AT(scene, ends + CLOSES, REASON_NONE);
		EXPECT_AT(scene, ends + CLOSES + 1, REASON_RENEWAL_TOO_LATE);
		scene_close(&scene);
	}
}

TEST(windows_of_absurd_length_do_not_wrap_round)
{
	struct scene scene;

	open_renewal(&scene, 0);
	scene.profile->window_opens_seconds = INT64_MAX;
	scene.profile->window_closes_seconds = INT64_MAX;
	EXPECT_AT(scene, ENDS, REASON_NONE);
	EXPECT_AT(scene, ENDS + 100 * DAY, REASON_NONE);
	scene.profile->window_opens_seconds = INT64_MIN;
	EXPECT_AT(scene, ENDS, REASON_RENEWAL_TOO_EARLY);
	scene.profile->window_closes_seconds = INT64_MIN;
	EXPECT_AT(scene, ENDS + 1, REASON_RENEWAL_TOO_LATE);
	scene_close(&scene);
}

TEST(rn_04_a_certificate_that_has_not_begun_does_not_renew)
{
	struct cert_spec spec = device_cert();
	struct scene scene;

	spec.not_before = NOW + 1;
	open_renewal(&scene, 1);
	cert_free(scene.old);
	scene.old = make_cert(&spec);
	scene.facts.renewed_cert = scene.old;
	EXPECT_AT(scene, NOW, REASON_CERT_NOT_YET_VALID);
	EXPECT_AT(scene, NOW + 1, REASON_NONE);
	scene_close(&scene);
}

TEST(an_ra_does_not_renew_what_is_revoked)
{
	struct scene scene;

	scene_renew_by_ra(&scene);
	scene.renewed.revoked_at = NOW;
	EXPECT_DENIED(scene, REASON_CERT_REVOKED);
	scene.renewed.revoked_at = 0;
	scene.renewed.state = CERTIFICATE_INTENT;
	EXPECT_DENIED(scene, REASON_CERT_UNKNOWN);
	scene.renewed.state = CERTIFICATE_ISSUED;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

/* -- names -- */

static void open_with_names(struct scene *scene, const char *subject, const char *san)
{
	struct cert_spec spec = device_cert();

	spec.subject = subject;
	spec.san = san;
	scene_open(scene, EST_SIMPLEREENROLL);
	scene_client(scene, IDENTITY_OWN, spec);
}

static void ask(struct scene *scene, const char *subject, const char *san)
{
	scene_csr(scene, (struct csr_spec){ .subject = subject, .san = san, .key = DEVICE_KEY });
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

TEST(rn_07_another_subject_does_not_renew)
{
	static const char *const others[] = { "O=Acme,CN=dev-2", "CN=dev-1", "CN=dev-1,O=Acme x",
					      "O=Acme,CN=dev-11", "O=Acme,CN=dev-1,CN=dev-1" };
	struct scene scene;

	open_with_names(&scene, "O=Acme,CN=dev-1", NULL);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		ask(&scene, others[i], NULL);
		EXPECT_DENIED(scene, REASON_SUBJECT_MISMATCH);
	}
	ask(&scene, "O=Acme,CN=dev-1", NULL);
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(enr_07_subject_is_compared_by_name_rules)
{
	struct scene scene;

	open_with_names(&scene, "O=Acme Works,CN=dev-1", NULL);
	ask(&scene, "O=ACME  works,CN=Dev-1", NULL);
	expect_names(&scene, "O=Acme Works, CN=dev-1", "");
	scene_close(&scene);
}

TEST(rn_07_another_alternative_name_does_not_renew)
{
	static const char *const others[] = {
		"dns:a.acme.example", "dns:a.acme.example,ip:192.0.2.2",
		"dns:a.acme.example,ip:192.0.2.1,dns:b.acme.example"
	};
	struct scene scene;

	open_with_names(&scene, "CN=dev-1", "dns:a.acme.example,ip:192.0.2.1");
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		ask(&scene, "CN=dev-1", others[i]);
		EXPECT_DENIED(scene, REASON_SUBJECT_MISMATCH);
	}
	ask(&scene, "CN=dev-1", NULL);
	EXPECT_DENIED(scene, REASON_SUBJECT_MISMATCH);
	ask(&scene, "CN=dev-1", "ip:192.0.2.1,dns:A.acme.example");
	expect_names(&scene, "CN=dev-1", "dns:a.acme.example,ip:192.0.2.1");
	scene_close(&scene);
}

TEST(names_are_kept_as_they_were_issued_whatever_the_rules_say_now)
{
	struct scene scene;

	open_with_names(&scene, "CN=dev-1,title=King", "email:a@acme.example");
	assert_int_equal(scene.profile->san_rules[SAN_EMAIL].source, SAN_REFUSED);
	scene.profile->subject_unlisted = UNLISTED_REFUSE;
	ask(&scene, "CN=dev-1,title=King", "email:a@acme.example");
	expect_names(&scene, "CN=dev-1, title=King", "email:a@acme.example");
	scene_close(&scene);
}

TEST(a_device_that_repeats_its_first_request_means_what_the_rules_made_of_it)
{
	struct scene scene;

	open_with_names(&scene, "O=Acme,CN=dev-1", "dns:a.acme.example");
	scene.profile->subject_rules[3].source = SUBJECT_FIXED;
	scene.profile->subject_rules[3].value = strdup("Acme");
	scene.profile->san_rules[SAN_URI].source = SAN_DROPPED;
	ask(&scene, "CN=dev-1,title=King", "uri:urn:dev:1,dns:a.acme.example");
	expect_names(&scene, "O=Acme, CN=dev-1", "dns:a.acme.example");
	ask(&scene, "CN=dev-2,title=King", "uri:urn:dev:1,dns:a.acme.example");
	EXPECT_DENIED(scene, REASON_SUBJECT_MISMATCH);
	ask(&scene, "CN=dev-1", "uri:urn:dev:1,dns:b.acme.example");
	EXPECT_DENIED(scene, REASON_SUBJECT_MISMATCH);
	scene_close(&scene);
}

static void ask_for_change(struct scene *scene, const char *subject, const char *new_subject,
			   const char *new_san)
{
	scene_csr(scene, (struct csr_spec){ .subject = subject,
					    .key = DEVICE_KEY,
					    .changes = true,
					    .new_subject = new_subject,
					    .new_san = new_san });
}

TEST(enr_06_names_change_only_where_the_profile_honours_it)
{
	struct scene scene;

	open_with_names(&scene, "CN=dev-1", NULL);
	ask_for_change(&scene, "CN=dev-1", "CN=dev-2", "dns:dev-2.acme.example");
	EXPECT_DENIED(scene, REASON_SUBJECT_MISMATCH);
	scene.profile->change_subject = true;
	expect_names(&scene, "CN=dev-2", "dns:dev-2.acme.example");
	ask_for_change(&scene, "CN=dev-2", "CN=dev-2", NULL);
	EXPECT_DENIED(scene, REASON_SUBJECT_MISMATCH);
	scene_close(&scene);
}

TEST(enr_06_changed_names_obey_the_rules)
{
	struct scene scene;

	open_with_names(&scene, "CN=dev-1", NULL);
	scene.profile->change_subject = true;
	ask_for_change(&scene, "CN=dev-1", "O=Acme", NULL);
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	ask_for_change(&scene, "CN=dev-1", "CN=dev-2", "email:a@acme.example");
	EXPECT_DENIED(scene, REASON_SAN_RULE);
	ask_for_change(&scene, "CN=dev-1", NULL, "dns:dev-2.acme.example");
	EXPECT_DENIED(scene, REASON_SUBJECT_RULE);
	ask_for_change(&scene, "CN=dev-1", "CN=dev-2", NULL);
	expect_names(&scene, "CN=dev-2", "");
	scene_close(&scene);
}

/* -- key -- */

TEST(rn_10_the_key_stays_or_changes_as_the_profile_wants)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	EXPECT_ALLOWED(scene);
	scene.profile->renew_key = RENEW_KEY_NEW_REQUIRED;
	EXPECT_DENIED(scene, REASON_KEY_MUST_CHANGE);
	scene.profile->renew_key = RENEW_KEY_SAME_REQUIRED;
	EXPECT_ALLOWED(scene);
	scene_csr(&scene, (struct csr_spec){ .subject = "CN=dev-1", .key = OTHER_KEY });
	EXPECT_DENIED(scene, REASON_KEY_MUST_STAY);
	scene.profile->renew_key = RENEW_KEY_NEW_REQUIRED;
	EXPECT_ALLOWED(scene);
	scene.profile->renew_key = RENEW_KEY_ALLOWED;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

POLICY_TEST_MAIN(RUN(rn_01_the_window_opens_to_the_second),
		 RUN(rn_02_cl_06_the_window_closes_to_the_second),
		 RUN(rn_02_a_window_without_end_never_closes),
		 RUN(an_expired_certificate_renews_only_where_the_profile_says_so),
		 RUN(an_expired_own_certificate_renews_by_enroll_as_by_reenroll),
		 RUN(valid_certificates_renew_any_time_or_never),
		 RUN(rn_03_a_window_longer_than_the_lifetime_is_open_from_the_first_second),
		 RUN(rn_03_a_zero_window_is_one_second_long),
		 RUN(rn_03_windows_are_exact_over_2038_and_2106),
		 RUN(windows_of_absurd_length_do_not_wrap_round),
		 RUN(rn_04_a_certificate_that_has_not_begun_does_not_renew),
		 RUN(an_ra_does_not_renew_what_is_revoked),
		 RUN(rn_07_another_subject_does_not_renew),
		 RUN(enr_07_subject_is_compared_by_name_rules),
		 RUN(rn_07_another_alternative_name_does_not_renew),
		 RUN(names_are_kept_as_they_were_issued_whatever_the_rules_say_now),
		 RUN(a_device_that_repeats_its_first_request_means_what_the_rules_made_of_it),
		 RUN(enr_06_names_change_only_where_the_profile_honours_it),
		 RUN(enr_06_changed_names_obey_the_rules),
		 RUN(rn_10_the_key_stays_or_changes_as_the_profile_wants))
