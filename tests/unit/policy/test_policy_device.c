/* Who is on the list, and what a code proves. */
#include "scene.h"

static struct device listed = { .id = 21,
				.account_id = ACCOUNT_ID,
				.profile_id = PROFILE_ID,
				.kind = DEVICE_BY_SERIAL,
				.identity = "dev-1",
				.name = "gate.example" };

static void open_by_code(struct scene *scene, const struct device *device)
{
	scene_open(scene, EST_SIMPLEENROLL);
	scene->profile->auth = AUTH_DEVICE_CODE;
	scene->facts.code = (struct code_finding){ .offered = true, .id = 3 };
	if (!device)
		return;
	scene->facts.code.device_id = device->id;
	scene->facts.device.by_code = device;
}

static void open_by_both(struct scene *scene)
{
	scene_enroll_by_third_party(scene);
	scene->profile->auth = AUTH_CERTIFICATE_AND_CODE;
	scene->profile->devices = DEVICES_REGISTERED;
	scene->facts.code = (struct code_finding){ .offered = true, .id = 3 };
	scene->facts.device.by_certificate = &listed;
}

TEST(pp_02_pp_03_a_code_that_is_not_right_lets_nobody_in)
{
	static const enum reason failures[] = { REASON_BAD_CODE, REASON_CODE_EXPIRED,
						REASON_CODE_USED_UP, REASON_CODE_LOCKED,
						REASON_TOO_MANY_FAILURES };
	struct scene scene;

	open_by_code(&scene, NULL);
	EXPECT_ALLOWED(scene);
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		scene.facts.code.failure.reason = failures[i];
		EXPECT_DENIED(scene, failures[i]);
	}
	scene.facts.code = (struct code_finding){ 0 };
	EXPECT_DENIED(scene, REASON_NO_CREDENTIALS);
	/* nor does a passphrase, which is another thing */
	scene_passphrase(&scene, REASON_NONE);
	EXPECT_DENIED(scene, REASON_NO_CREDENTIALS);
	/* a finding that is right and names no code */
	scene.facts.code.offered = true;
	EXPECT_DENIED(scene, REASON_INTERNAL);
	scene_close(&scene);
}

TEST(pp_02_a_wrong_code_is_no_way_to_the_operators_desk)
{
	struct scene scene;

	open_by_code(&scene, NULL);
	scene.profile->approval = APPROVAL_ENROLLMENTS;
	scene.profile->approval_without_credentials = true;
	EXPECT_ALLOWED(scene);
	scene.facts.code.failure.reason = REASON_BAD_CODE;
	EXPECT_DENIED(scene, REASON_BAD_CODE);
	scene.facts.code = (struct code_finding){ 0 };
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(pp_15_a_code_renews_nothing)
{
	struct scene scene;

	open_by_code(&scene, &listed);
	scene.facts.operation = EST_SIMPLEREENROLL;
	EXPECT_DENIED(scene, REASON_NO_CLIENT_CERT);
	scene_close(&scene);
}

TEST(certificate_and_code_are_both_needed)
{
	struct scene scene;

	open_by_both(&scene);
	EXPECT_ALLOWED(scene);
	scene.facts.code.failure.reason = REASON_BAD_CODE;
	EXPECT_DENIED(scene, REASON_BAD_CODE);
	scene.facts.code = (struct code_finding){ 0 };
	EXPECT_DENIED(scene, REASON_NO_CREDENTIALS);
	scene.facts.code = (struct code_finding){ .offered = true, .id = 3 };
	scene.facts.certificate.failure.reason = REASON_UNTRUSTED_ISSUER;
	EXPECT_DENIED(scene, REASON_UNTRUSTED_ISSUER);
	scene.facts.certificate = (struct certificate_finding){ 0 };
	EXPECT_DENIED(scene, REASON_NO_CLIENT_CERT);
	scene_close(&scene);
}

TEST(a_code_of_another_device_is_a_wrong_one)
{
	struct device other = listed;
	struct scene scene;

	other.id = 22;
	open_by_both(&scene);
	scene.facts.device.by_code = &listed;
	EXPECT_ALLOWED(scene);
	scene.facts.device.by_code = &other;
	EXPECT_DENIED(scene, REASON_BAD_CODE);
	scene.facts.device.by_certificate = NULL;
	EXPECT_DENIED(scene, REASON_BAD_CODE);
	scene_close(&scene);
}

static void expect_stranger(const struct scene *scene, enum reason reason)
{
	struct verdict verdict;

	policy_decide(scene->profile, &scene->facts, &verdict);
	assert_int_equal(verdict.refusal.reason, reason);
	assert_false(verdict.authenticated);
	verdict_done(&verdict);
}

TEST(who_is_not_on_the_list_or_suspended_there_reads_the_same)
{
	struct device suspended = listed, elsewhere = listed;
	struct scene scene;

	suspended.suspended_at = NOW - 1;
	elsewhere.profile_id = OTHER_PROFILE_ID;
	scene_enroll_by_third_party(&scene);
	EXPECT_ALLOWED(scene);
	scene.profile->devices = DEVICES_REGISTERED;
	expect_stranger(&scene, REASON_DEVICE_NOT_REGISTERED);
	scene.facts.device.by_certificate = &elsewhere;
	expect_stranger(&scene, REASON_DEVICE_NOT_REGISTERED);
	scene.facts.device.by_certificate = &suspended;
	expect_stranger(&scene, REASON_DEVICE_SUSPENDED);
	/* suspended is suspended, also where nobody needs to be on the list */
	scene.profile->devices = DEVICES_ANY;
	expect_stranger(&scene, REASON_DEVICE_SUSPENDED);
	scene.facts.device.by_certificate = &listed;
	EXPECT_ALLOWED(scene);
	scene.profile->devices = (enum device_rule)7;
	EXPECT_DENIED(scene, REASON_INTERNAL);
	scene_close(&scene);
}

/* What a code says beside a certificate that it is not asked with counts for nothing. */
TEST(a_passphrase_proves_no_device)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.profile->devices = DEVICES_REGISTERED;
	scene.facts.device.by_certificate = &listed;
	scene.facts.device.by_code = &listed;
	EXPECT_DENIED(scene, REASON_DEVICE_NOT_REGISTERED);
	scene_close(&scene);
}

TEST(a_suspended_device_renews_nothing)
{
	struct device suspended = listed;
	struct scene scene;

	suspended.suspended_at = 1;
	scene_renew_by_own(&scene);
	EXPECT_ALLOWED(scene);
	scene.facts.device.by_certificate = &suspended;
	EXPECT_DENIED(scene, REASON_DEVICE_SUSPENDED);
	scene_close(&scene);
	scene_renew_by_ra(&scene);
	EXPECT_ALLOWED(scene);
	scene.facts.device.by_certificate = &suspended;
	EXPECT_DENIED(scene, REASON_DEVICE_SUSPENDED);
	scene_close(&scene);
}

TEST(cl_16_cs_33_a_code_speaks_for_its_device_and_nobody_else)
{
	struct scene scene;

	open_by_code(&scene, &listed);
	EXPECT_ALLOWED(scene);
	scene_csr(&scene, (struct csr_spec){ .subject = "CN=GATE.example,serialNumber=DEV-1,O=Acme",
					     .san = "dns:gate.example",
					     .key = DEVICE_KEY });
	EXPECT_ALLOWED(scene);
	scene_csr(&scene, (struct csr_spec){ .subject = "CN=dev-2", .key = DEVICE_KEY });
	EXPECT_DENIED(scene, REASON_NAME_NOT_AUTHORIZED);
	scene_csr(&scene, (struct csr_spec){ .subject = "CN=dev-1",
					     .san = "dns:gate.example,dns:other.example",
					     .key = DEVICE_KEY });
	EXPECT_DENIED(scene, REASON_NAME_NOT_AUTHORIZED);
	scene_csr(&scene, (struct csr_spec){ .subject = "CN=dev-1",
					     .san = "ip:192.0.2.9",
					     .key = DEVICE_KEY });
	EXPECT_DENIED(scene, REASON_NAME_NOT_AUTHORIZED);
	scene.profile->identity = IDENTITY_ANY;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(the_list_is_the_operators_word_on_a_certificate_s_holder_too)
{
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	scene_csr(&scene, (struct csr_spec){ .subject = "CN=gate.example", .key = DEVICE_KEY });
	EXPECT_DENIED(scene, REASON_NAME_NOT_AUTHORIZED);
	scene.facts.device.by_certificate = &listed;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(rn_08_rn_12_a_subject_has_so_many_live_certificates)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.facts.live = 1000;
	EXPECT_ALLOWED(scene);
	scene.profile->certificates_per_subject = 2;
	scene.facts.live = 1;
	EXPECT_ALLOWED(scene);
	scene.facts.live = 2;
	EXPECT_DENIED(scene, REASON_SUBJECT_LIMIT);
	scene.facts.live = 3;
	EXPECT_DENIED(scene, REASON_SUBJECT_LIMIT);
	scene_close(&scene);
	/* of a renewal the old one is not counted, but what else renewed it is */
	scene_renew_by_own(&scene);
	scene.profile->certificates_per_subject = 1;
	EXPECT_ALLOWED(scene);
	scene.facts.live = 1;
	EXPECT_DENIED(scene, REASON_SUBJECT_LIMIT);
	scene_close(&scene);
}

POLICY_TEST_MAIN(RUN(pp_02_pp_03_a_code_that_is_not_right_lets_nobody_in),
		 RUN(pp_02_a_wrong_code_is_no_way_to_the_operators_desk),
		 RUN(pp_15_a_code_renews_nothing), RUN(certificate_and_code_are_both_needed),
		 RUN(a_code_of_another_device_is_a_wrong_one),
		 RUN(who_is_not_on_the_list_or_suspended_there_reads_the_same),
		 RUN(a_passphrase_proves_no_device), RUN(a_suspended_device_renews_nothing),
		 RUN(cl_16_cs_33_a_code_speaks_for_its_device_and_nobody_else),
		 RUN(the_list_is_the_operators_word_on_a_certificate_s_holder_too),
		 RUN(rn_08_rn_12_a_subject_has_so_many_live_certificates))
