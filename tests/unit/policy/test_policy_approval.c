/* What waits for an operator, and who may wait without a credential. */
#include "scene.h"

/* Judges the scene; true when it would be issued once approved. */
static bool waits(struct scene *scene, bool *ret_authenticated)
{
	struct verdict verdict;

	policy_decide(scene->profile, &scene->facts, &verdict);
	bool waiting = verdict.allowed && verdict.waits;
	*ret_authenticated = verdict.authenticated;
	verdict_done(&verdict);
	return waiting;
}

#define EXPECT_WAITS(scene, expected)                                                              \
	do {                                                                                       \
		bool authenticated_ = false;                                                       \
		EXPECT_ALLOWED(scene);                                                             \
		assert_int_equal(waits(&(scene), &authenticated_), expected);                      \
		assert_true(authenticated_);                                                       \
	} while (0)

TEST(an_unknown_approval_rule_is_refused)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.profile->approval = (enum approval_rule)77;
	EXPECT_DENIED(scene, REASON_INTERNAL);
	scene_close(&scene);
}

TEST(rn_14_what_waits_is_as_the_profile_says)
{
	static const struct {
		void (*open)(struct scene *);
		bool enrolls;
	} rows[] = {
		{ scene_enroll_by_passphrase, true }, { scene_enroll_by_third_party, true },
		{ scene_enroll_by_ra, true },         { scene_renew_by_own, false },
		{ scene_renew_by_ra, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct scene scene;

		rows[i].open(&scene);
		EXPECT_WAITS(scene, false);
		scene.profile->approval = APPROVAL_ENROLLMENTS;
		EXPECT_WAITS(scene, rows[i].enrolls);
		scene.profile->approval = APPROVAL_ENROLLMENTS_AND_RENEWALS;
		EXPECT_WAITS(scene, true);
		scene_close(&scene);
	}
}

TEST(a_refusal_is_no_wait)
{
	struct scene scene;
	bool authenticated = false;

	scene_enroll_by_passphrase(&scene);
	scene.profile->approval = APPROVAL_ENROLLMENTS;
	scene.profile->key_allowed[KEY_P256] = false;
	EXPECT_DENIED(scene, REASON_KEY_TYPE_NOT_ALLOWED);
	assert_false(waits(&scene, &authenticated));
	scene_close(&scene);
}

TEST(nobody_waits_only_where_the_profile_lets_it)
{
	struct scene scene;
	bool authenticated = true;

	scene_open(&scene, EST_SIMPLEENROLL);
	EXPECT_DENIED(scene, REASON_NO_CREDENTIALS);
	scene.profile->approval = APPROVAL_ENROLLMENTS;
	EXPECT_DENIED(scene, REASON_NO_CREDENTIALS);
	/* never without a wait */
	scene.profile->approval_without_credentials = true;
	scene.profile->approval = APPROVAL_NONE;
	EXPECT_DENIED(scene, REASON_NO_CREDENTIALS);
	scene.profile->approval = APPROVAL_ENROLLMENTS;
	EXPECT_ALLOWED(scene);
	assert_true(waits(&scene, &authenticated));
	/* and it has proven nothing, so it reads nothing */
	assert_false(authenticated);
	scene.facts.operation = EST_SIMPLEREENROLL;
	EXPECT_DENIED(scene, REASON_NO_CLIENT_CERT);
	scene_close(&scene);
}

TEST(a_credential_that_is_wrong_is_no_way_to_the_operator)
{
	struct scene scene;

	scene_open(&scene, EST_SIMPLEENROLL);
	scene.profile->approval = APPROVAL_ENROLLMENTS;
	scene.profile->approval_without_credentials = true;
	scene_passphrase(&scene, REASON_BAD_PASSPHRASE);
	EXPECT_DENIED(scene, REASON_BAD_PASSPHRASE);
	scene.facts.passphrase = (struct passphrase_finding){ 0 };
	scene_client(&scene, IDENTITY_THIRD_PARTY, device_cert());
	scene.facts.certificate.failure.reason = REASON_UNTRUSTED_ISSUER;
	EXPECT_DENIED(scene, REASON_UNTRUSTED_ISSUER);
	scene.facts.certificate = (struct certificate_finding){ 0 };
	scene.facts.address_allowed = false;
	EXPECT_DENIED(scene, REASON_IP_NOT_ALLOWED);
	scene_close(&scene);
}

TEST_MAIN(RUN(an_unknown_approval_rule_is_refused), RUN(rn_14_what_waits_is_as_the_profile_says),
	  RUN(a_refusal_is_no_wait), RUN(nobody_waits_only_where_the_profile_lets_it),
	  RUN(a_credential_that_is_wrong_is_no_way_to_the_operator))
