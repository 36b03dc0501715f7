/* serverkeygen: who may have a key made (SKG-05), of which kind, and what is decided before there
 * is one. */
#include "scene.h"

static void scene_keygen(struct scene *scene, enum identity_kind kind)
{
	scene_open(scene, EST_SERVERKEYGEN);
	scene->profile->serverkeygen = true;
	scene_client(scene, kind, device_cert());
}

TEST(skg_05_switched_off_by_default)
{
	struct scene scene;

	scene_keygen(&scene, IDENTITY_THIRD_PARTY);
	EXPECT_ALLOWED(scene);
	scene.profile->serverkeygen = false;
	EXPECT_DENIED(scene, REASON_UNKNOWN_OPERATION);
	scene_close(&scene);
}

TEST(skg_05_a_shared_passphrase_gets_no_key)
{
	static const enum auth_method methods[] = { AUTH_PASSPHRASE, AUTH_EITHER,
						    AUTH_TLS_CERTIFICATE };
	struct scene scene;

	scene_open(&scene, EST_SERVERKEYGEN);
	scene.profile->serverkeygen = true;
	scene_passphrase(&scene, REASON_NONE);
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		scene.profile->auth = methods[i];
		EXPECT_DENIED(scene, REASON_NO_CLIENT_CERT);
	}
	scene_close(&scene);
}

TEST(skg_05_a_certificate_beside_a_passphrase_is_what_counts)
{
	struct scene scene;

	scene_keygen(&scene, IDENTITY_THIRD_PARTY);
	scene_passphrase(&scene, REASON_BAD_PASSPHRASE);
	EXPECT_ALLOWED(scene);
	scene.profile->auth = AUTH_PASSPHRASE;
	EXPECT_DENIED(scene, REASON_NO_CLIENT_CERT);
	scene_close(&scene);
}

static void scene_keygen_by_code(struct scene *scene, struct device *device)
{
	scene_open(scene, EST_SERVERKEYGEN);
	scene->profile->serverkeygen = true;
	scene->profile->auth = AUTH_DEVICE_CODE;
	*device = (struct device){ .id = 21,
				   .account_id = ACCOUNT_ID,
				   .profile_id = PROFILE_ID,
				   .kind = DEVICE_BY_SERIAL,
				   .identity = "dev-1" };
	scene->facts.code = (struct code_finding){ .offered = true, .id = 3, .device_id = 21 };
	scene->facts.device.by_code = device;
}

TEST(skg_05_a_devices_own_code_is_enough)
{
	struct device device;
	struct scene scene;

	scene_keygen_by_code(&scene, &device);
	EXPECT_ALLOWED(scene);
	scene.facts.code.failure.reason = REASON_CODE_USED_UP;
	EXPECT_DENIED(scene, REASON_CODE_USED_UP);
	scene.facts.code = (struct code_finding){ 0 };
	EXPECT_DENIED(scene, REASON_NO_CREDENTIALS);
	scene_passphrase(&scene, REASON_NONE);
	EXPECT_DENIED(scene, REASON_NO_CREDENTIALS);
	scene_close(&scene);
}

TEST(skg_05_nobodys_code_is_a_shared_secret)
{
	struct device device;
	struct scene scene;

	scene_keygen_by_code(&scene, &device);
	scene.facts.code.device_id = 0;
	scene.facts.device.by_code = NULL;
	EXPECT_DENIED(scene, REASON_NO_CLIENT_CERT);
	scene_close(&scene);
}

TEST(skg_05_where_codes_are_asked_for_a_certificate_alone_gets_no_key)
{
	struct device device;
	struct scene scene;

	scene_keygen_by_code(&scene, &device);
	scene_client(&scene, IDENTITY_THIRD_PARTY, device_cert());
	scene.facts.device.by_certificate = &device;
	scene.profile->auth = AUTH_CERTIFICATE_AND_CODE;
	EXPECT_ALLOWED(scene);
	scene.facts.code = (struct code_finding){ 0 };
	EXPECT_DENIED(scene, REASON_NO_CREDENTIALS);
	scene.profile->auth = AUTH_DEVICE_CODE;
	EXPECT_DENIED(scene, REASON_NO_CREDENTIALS);
	scene_close(&scene);
}

TEST(skg_05_a_renewal_asks_for_no_code_where_it_is_one)
{
	struct device device;
	struct scene scene;

	scene_keygen_by_code(&scene, &device);
	scene.facts.code = (struct code_finding){ 0 };
	scene_client(&scene, IDENTITY_OWN, device_cert());
	scene.profile->own_certificate = OWN_CERTIFICATE_ENROLLS;
	EXPECT_DENIED(scene, REASON_NO_CREDENTIALS);
	scene.profile->own_certificate = OWN_CERTIFICATE_RENEWS;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(a_key_yet_to_be_made_is_judged_and_grants_nothing)
{
	const struct key_to_make p256 = { KEY_P256, 0 }, small = { KEY_RSA, 1024 };
	struct scene scene;
	struct verdict verdict;

	scene_keygen(&scene, IDENTITY_THIRD_PARTY);
	scene.facts.key_to_make = &small;
	EXPECT_DENIED(scene, REASON_KEY_TOO_WEAK);
	scene.facts.key_to_make = &p256;
	policy_decide(scene.profile, &scene.facts, &verdict);
	assert_true(verdict.allowed);
	assert_null(verdict.grant);
	verdict_done(&verdict);
	scene.profile->key_allowed[KEY_P256] = false;
	EXPECT_DENIED(scene, REASON_KEY_TYPE_NOT_ALLOWED);
	scene_close(&scene);
}

TEST(a_renewal_that_must_keep_its_key_gets_none_made)
{
	const struct key_to_make p256 = { KEY_P256, 0 };
	struct scene scene;

	scene_keygen(&scene, IDENTITY_OWN);
	scene.facts.key_to_make = &p256;
	scene.profile->renew_key = RENEW_KEY_SAME_REQUIRED;
	EXPECT_DENIED(scene, REASON_KEY_MUST_STAY);
	scene_close(&scene);
}

TEST(skg_01_the_kind_follows_the_csr_within_the_profile)
{
	struct scene scene;
	struct key_to_make key;

	scene_keygen(&scene, IDENTITY_THIRD_PARTY);
	scene_csr(&scene, (struct csr_spec){ .subject = "CN=dev-1", .key = RSA_KEY });
	policy_key_to_make(scene.profile, scene.csr, &key);
	assert_int_equal(key.type, KEY_RSA);
	assert_int_equal(key.bits, 2048);
	scene.profile->rsa_bits_min = 3072;
	policy_key_to_make(scene.profile, scene.csr, &key);
	assert_int_equal(key.bits, 3072);
	scene.profile->key_allowed[KEY_RSA] = scene.profile->key_allowed[KEY_P256] = false;
	policy_key_to_make(scene.profile, scene.csr, &key);
	assert_int_equal(key.type, KEY_P384);
	scene_close(&scene);
}

/* -- fullcmc: what a caller may beside certificates (CMC-05) -- */

static void scene_cmc(struct scene *scene, enum identity_kind kind)
{
	struct cert_spec spec = device_cert();

	scene_open(scene, EST_FULLCMC);
	if (kind == IDENTITY_RA)
		scene->record.profile_id = 0;
	scene_client(scene, kind, spec);
}

static void expect_revocation(const struct scene *scene, const struct certificate *target,
			      enum reason expected)
{
	struct error err = { 0 };

	if (policy_may_revoke(scene->profile, &scene->facts, target, &err) !=
		    (expected == REASON_NONE) ||
	    err.reason != expected)
		fail_msg("got %s (%s)", reason_code(err.reason), err.detail);
}

TEST(cmc_05_a_device_revokes_itself_and_nobody_else)
{
	struct scene scene;

	scene_cmc(&scene, IDENTITY_OWN);
	expect_revocation(&scene, &scene.record, REASON_NONE);
	expect_revocation(&scene, &scene.renewed, REASON_NAME_NOT_AUTHORIZED);
	scene.record.revoked_at = NOW - 1;
	expect_revocation(&scene, &scene.record, REASON_CERT_REVOKED);
	scene_close(&scene);
}

TEST(cmc_05_an_ra_revokes_within_the_profile)
{
	struct scene scene;

	scene_cmc(&scene, IDENTITY_RA);
	expect_revocation(&scene, &scene.renewed, REASON_NONE);
	scene.renewed.profile_id = OTHER_PROFILE_ID;
	expect_revocation(&scene, &scene.renewed, REASON_NAME_NOT_AUTHORIZED);
	scene.renewed.profile_id = PROFILE_ID;
	scene.scope_profiles[0] = OTHER_PROFILE_ID;
	expect_revocation(&scene, &scene.renewed, REASON_RA_SCOPE);
	scene_close(&scene);
}

TEST(cmc_05_who_is_nobody_revokes_nothing)
{
	struct scene scene;

	scene_cmc(&scene, IDENTITY_THIRD_PARTY);
	expect_revocation(&scene, &scene.record, REASON_NAME_NOT_AUTHORIZED);
	scene.facts.certificate.failure.reason = REASON_UNTRUSTED_ISSUER;
	expect_revocation(&scene, &scene.record, REASON_UNTRUSTED_ISSUER);
	scene.facts.certificate = (struct certificate_finding){ 0 };
	scene_passphrase(&scene, REASON_NONE);
	expect_revocation(&scene, &scene.record, REASON_NO_CLIENT_CERT);
	scene_close(&scene);
}

TEST(cmc_01_the_message_itself_issues_nothing)
{
	struct scene scene;

	scene_cmc(&scene, IDENTITY_OWN);
	scene.profile->fullcmc = true;
	EXPECT_DENIED(scene, REASON_UNKNOWN_OPERATION);
	scene_close(&scene);
}

TEST_MAIN(RUN(cmc_05_a_device_revokes_itself_and_nobody_else),
	  RUN(cmc_05_an_ra_revokes_within_the_profile), RUN(cmc_05_who_is_nobody_revokes_nothing),
	  RUN(cmc_01_the_message_itself_issues_nothing), RUN(skg_05_switched_off_by_default),
	  RUN(skg_05_a_shared_passphrase_gets_no_key),
	  RUN(skg_05_a_certificate_beside_a_passphrase_is_what_counts),
	  RUN(skg_05_a_devices_own_code_is_enough), RUN(skg_05_nobodys_code_is_a_shared_secret),
	  RUN(skg_05_where_codes_are_asked_for_a_certificate_alone_gets_no_key),
	  RUN(skg_05_a_renewal_asks_for_no_code_where_it_is_one),
	  RUN(a_key_yet_to_be_made_is_judged_and_grants_nothing),
	  RUN(a_renewal_that_must_keep_its_key_gets_none_made),
	  RUN(skg_01_the_kind_follows_the_csr_within_the_profile))
