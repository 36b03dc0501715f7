/* Who may speak: everything that is judged before the request itself. */
#include "scene.h"

TEST(the_scenes_are_allowed)
{
	static void (*const open[])(struct scene *) = {
		scene_enroll_by_passphrase, scene_enroll_by_third_party, scene_enroll_by_ra,
		scene_renew_by_own,         scene_renew_by_ra,
	};

	for (size_t i = 0; i < ARRAY_LEN(open); i++) {
		struct scene scene;

		open[i](&scene);
		EXPECT_ALLOWED(scene);
		scene_close(&scene);
	}
}

TEST(ci_01_operations_that_issue_nothing_are_refused)
{
	static const int refused[] = { EST_CACERTS, EST_CSRATTRS,        EST_SERVERKEYGEN,
				       EST_FULLCMC, EST_OPERATION_COUNT, EST_OPERATION_COUNT + 1,
				       0x7fffffff };
	struct scene scene;

	scene_renew_by_own(&scene);
	scene_passphrase(&scene, REASON_NONE);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		scene.facts.operation = (enum est_operation)refused[i];
		EXPECT_DENIED(scene, REASON_UNKNOWN_OPERATION);
	}
	scene.facts.operation = EST_SIMPLEENROLL;
	EXPECT_ALLOWED(scene);
	scene.facts.operation = EST_SIMPLEREENROLL;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

/* One field of a profile, set to values that no release knows. */
#define EXPECT_UNKNOWN_DENIED(scene, field, expected)                                              \
	do {                                                                                       \
		__typeof__(field) kept_ = (field);                                                 \
		EXPECT_ALLOWED(scene);                                                             \
		(field) = (__typeof__(field))77;                                                   \
		EXPECT_DENIED(scene, expected);                                                    \
		(field) = kept_;                                                                   \
	} while (0)

TEST(ci_01_unknown_values_of_a_profile_are_refused)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	EXPECT_UNKNOWN_DENIED(scene, scene.profile->state, REASON_INTERNAL);
	EXPECT_UNKNOWN_DENIED(scene, scene.profile->auth, REASON_INTERNAL);
	EXPECT_UNKNOWN_DENIED(scene, scene.profile->renew_key, REASON_INTERNAL);
	EXPECT_UNKNOWN_DENIED(scene, scene.profile->key_reuse, REASON_INTERNAL);
	EXPECT_UNKNOWN_DENIED(scene, scene.profile->renew_valid, REASON_RENEWAL_NOT_ALLOWED);
	EXPECT_UNKNOWN_DENIED(scene, scene.profile->binding, REASON_POP_LINK_MISSING);
	scene.facts.operation = EST_SIMPLEENROLL;
	EXPECT_UNKNOWN_DENIED(scene, scene.profile->own_certificate, REASON_RENEWAL_NOT_ALLOWED);
	scene.facts.operation = EST_SIMPLEREENROLL;
	scene_set_times(&scene, NOW - 100 * DAY, NOW - 1);
	EXPECT_UNKNOWN_DENIED(scene, scene.profile->renew_expired, REASON_CERT_EXPIRED);
	scene_close(&scene);
}

TEST(ci_01_unknown_values_of_facts_are_refused)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	EXPECT_UNKNOWN_DENIED(scene, scene.facts.binding, REASON_POP_LINK_FAILED);
	EXPECT_UNKNOWN_DENIED(scene, scene.facts.certificate.kind, REASON_INTERNAL);
	EXPECT_UNKNOWN_DENIED(scene, scene.record.state, REASON_CERT_UNKNOWN);
	EXPECT_UNKNOWN_DENIED(scene, scene.ca.state, REASON_CA_UNAVAILABLE);
	scene.facts.certificate.kind = IDENTITY_PASSPHRASE;
	EXPECT_DENIED(scene, REASON_INTERNAL);
	scene.facts.certificate.kind = IDENTITY_NONE;
	EXPECT_DENIED(scene, REASON_INTERNAL);
	scene_close(&scene);
}

TEST(ci_01_missing_facts_are_refused)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	scene.facts.account = NULL;
	EXPECT_DENIED(scene, REASON_INTERNAL);
	scene.facts.account = &scene.account;
	scene.facts.ca = NULL;
	EXPECT_DENIED(scene, REASON_CA_UNAVAILABLE);
	scene.facts.ca = &scene.ca;
	scene.facts.csr = NULL;
	EXPECT_DENIED(scene, REASON_KEY_INVALID);
	scene.facts.csr = scene.csr;
	scene.facts.certificate.cert = NULL;
	EXPECT_DENIED(scene, REASON_INTERNAL);
	scene.facts.certificate.cert = scene.client;
	scene.facts.renewed_cert = NULL;
	EXPECT_DENIED(scene, REASON_RENEWAL_NOT_ALLOWED);
	scene.facts.renewed_cert = scene.client;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(a_suspended_profile_refuses)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.profile->state = PROFILE_SUSPENDED;
	EXPECT_DENIED(scene, REASON_PROFILE_SUSPENDED);
	scene_close(&scene);
}

TEST(facts_of_another_account_are_refused)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.account.id = ACCOUNT_ID + 1;
	EXPECT_DENIED(scene, REASON_INTERNAL);
	scene_close(&scene);
}

TEST(pp_05_a_right_passphrase_from_an_unlisted_address_is_refused_by_address)
{
	struct scene scene;
	struct verdict verdict;

	scene_enroll_by_passphrase(&scene);
	scene.facts.address_allowed = false;
	EXPECT_DENIED(scene, REASON_IP_NOT_ALLOWED);
	policy_decide(scene.profile, &scene.facts, &verdict);
	assert_false(verdict.authenticated);
	verdict_done(&verdict);
	scene_close(&scene);
}

/* -- authentication -- */

TEST(cl_04_a_certificate_profile_wants_a_certificate_whatever_passphrase_came)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.profile->auth = AUTH_TLS_CERTIFICATE;
	EXPECT_DENIED(scene, REASON_NO_CLIENT_CERT);
	scene_client(&scene, IDENTITY_THIRD_PARTY, device_cert());
	EXPECT_ALLOWED(scene);
	scene.facts.passphrase.failure.reason = REASON_BAD_PASSPHRASE;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(a_passphrase_profile_wants_a_passphrase_whatever_certificate_came)
{
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	scene.profile->auth = AUTH_PASSPHRASE;
	EXPECT_DENIED(scene, REASON_NO_CREDENTIALS);
	scene_passphrase(&scene, REASON_BAD_PASSPHRASE);
	EXPECT_DENIED(scene, REASON_BAD_PASSPHRASE);
	scene_passphrase(&scene, REASON_NONE);
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(cl_26_a_wrong_passphrase_refuses_beside_a_good_certificate)
{
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	EXPECT_ALLOWED(scene);
	scene_passphrase(&scene, REASON_BAD_PASSPHRASE);
	EXPECT_DENIED(scene, REASON_BAD_PASSPHRASE);
	scene_passphrase(&scene, REASON_TOO_MANY_FAILURES);
	EXPECT_DENIED(scene, REASON_TOO_MANY_FAILURES);
	scene_close(&scene);
}

TEST(cl_26_a_right_passphrase_makes_a_failed_certificate_no_matter)
{
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	scene.facts.certificate.failure.reason = REASON_UNTRUSTED_ISSUER;
	EXPECT_DENIED(scene, REASON_UNTRUSTED_ISSUER);
	scene_passphrase(&scene, REASON_NONE);
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(without_any_credential_nobody_enrolls)
{
	static const struct {
		enum auth_method auth;
		enum reason refusal;
	} rows[] = { { AUTH_EITHER, REASON_NO_CREDENTIALS },
		     { AUTH_PASSPHRASE, REASON_NO_CREDENTIALS },
		     { AUTH_TLS_CERTIFICATE, REASON_NO_CLIENT_CERT } };
	struct scene scene;

	scene_open(&scene, EST_SIMPLEENROLL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		scene.profile->auth = rows[i].auth;
		EXPECT_DENIED(scene, rows[i].refusal);
	}
	scene_close(&scene);
}

TEST(what_authentication_found_wrong_is_the_refusal)
{
	static const enum reason failures[] = {
		REASON_UNTRUSTED_ISSUER, REASON_CHAIN_INCOMPLETE,  REASON_CLIENT_CERT_INVALID,
		REASON_CLIENT_CERT_WEAK, REASON_CLIENT_CERT_USAGE, REASON_CERT_UNKNOWN,
	};
	struct scene scene;

	scene_renew_by_own(&scene);
	for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
		scene.facts.certificate.failure.reason = failures[i];
		EXPECT_DENIED(scene, failures[i]);
	}
	scene_close(&scene);
}

TEST(cl_15_an_anchor_of_another_account_vouches_for_nobody_here)
{
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	scene.anchor.account_id = ACCOUNT_ID + 1;
	EXPECT_DENIED(scene, REASON_UNTRUSTED_ISSUER);
	scene.facts.certificate.anchor = NULL;
	EXPECT_DENIED(scene, REASON_UNTRUSTED_ISSUER);
	scene_close(&scene);
}

TEST(rn_06_our_own_certificate_without_a_record_is_unknown)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	scene.facts.certificate.record = NULL;
	EXPECT_DENIED(scene, REASON_CERT_UNKNOWN);
	scene.facts.certificate.record = &scene.record;
	scene.record.account_id = ACCOUNT_ID + 1;
	EXPECT_DENIED(scene, REASON_CERT_UNKNOWN);
	scene_close(&scene);
}

TEST(rn_06_a_certificate_that_was_only_intended_is_unknown)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	scene.record.state = CERTIFICATE_INTENT;
	EXPECT_DENIED(scene, REASON_CERT_UNKNOWN);
	scene.record.state = CERTIFICATE_ABANDONED;
	EXPECT_DENIED(scene, REASON_CERT_UNKNOWN);
	scene_close(&scene);
}

TEST(pp_15_a_passphrase_alone_renews_nothing)
{
	static const enum auth_method methods[] = { AUTH_PASSPHRASE, AUTH_EITHER,
						    AUTH_TLS_CERTIFICATE };
	struct scene scene;

	scene_open(&scene, EST_SIMPLEREENROLL);
	scene_passphrase(&scene, REASON_NONE);
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		scene.profile->auth = methods[i];
		EXPECT_DENIED(scene, REASON_NO_CLIENT_CERT);
	}
	scene_close(&scene);
}

TEST(a_renewal_is_by_certificate_whatever_the_method_is)
{
	static const enum auth_method methods[] = { AUTH_PASSPHRASE, AUTH_EITHER,
						    AUTH_TLS_CERTIFICATE };
	struct scene scene;

	scene_renew_by_own(&scene);
	scene_passphrase(&scene, REASON_BAD_PASSPHRASE);
	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		scene.profile->auth = methods[i];
		EXPECT_ALLOWED(scene);
	}
	scene_close(&scene);
}

TEST(whoever_authenticated_may_read_why_it_was_refused)
{
	struct scene scene;
	struct verdict verdict;

	scene_renew_by_own(&scene);
	scene.record.revoked_at = NOW;
	policy_decide(scene.profile, &scene.facts, &verdict);
	assert_true(verdict.authenticated);
	assert_int_equal(verdict.refusal.reason, REASON_CERT_REVOKED);
	verdict_done(&verdict);
	scene.facts.certificate.failure.reason = REASON_UNTRUSTED_ISSUER;
	policy_decide(scene.profile, &scene.facts, &verdict);
	assert_false(verdict.authenticated);
	verdict_done(&verdict);
	scene_close(&scene);
}

/* -- time and revocation of what authenticates -- */

TEST(cl_05_an_expired_certificate_does_not_enroll)
{
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	scene_set_times(&scene, NOW - DAY, NOW - 1);
	EXPECT_DENIED(scene, REASON_CERT_EXPIRED);
	scene_set_times(&scene, NOW - DAY, NOW);
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(cl_05_an_expired_own_certificate_of_another_profile_does_not_enroll)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	scene.facts.operation = EST_SIMPLEENROLL;
	scene.record.profile_id = OTHER_PROFILE_ID;
	scene_set_times(&scene, NOW - DAY, NOW - 1);
	EXPECT_DENIED(scene, REASON_CERT_EXPIRED);
	scene_set_times(&scene, NOW - DAY, NOW);
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(an_expired_ra_renews_for_nobody)
{
	struct scene scene;

	scene_renew_by_ra(&scene);
	scene_set_times(&scene, NOW - DAY, NOW - 1);
	EXPECT_DENIED(scene, REASON_CERT_EXPIRED);
	scene_set_times(&scene, NOW - DAY, NOW);
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(cl_07_a_certificate_that_has_not_begun_is_refused_on_both)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	scene_set_times(&scene, NOW + 1, NOW + 10 * DAY);
	EXPECT_DENIED(scene, REASON_CERT_NOT_YET_VALID);
	scene.facts.operation = EST_SIMPLEENROLL;
	EXPECT_DENIED(scene, REASON_CERT_NOT_YET_VALID);
	scene_set_times(&scene, NOW, NOW + 10 * DAY);
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(cl_08_a_revoked_certificate_is_refused_on_both_and_on_hold_too)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	scene.record.state = CERTIFICATE_REVOKED;
	scene.record.revoked_at = NOW;
	scene.record.revocation_reason = REVOKED_CERTIFICATE_HOLD;
	EXPECT_DENIED(scene, REASON_CERT_REVOKED);
	scene.facts.operation = EST_SIMPLEENROLL;
	EXPECT_DENIED(scene, REASON_CERT_REVOKED);
	scene.record.revoked_at = 0;
	EXPECT_DENIED(scene, REASON_CERT_REVOKED);
	scene.record.revoked_at = NOW + 1;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(ra_06_a_revoked_ra_is_refused)
{
	struct scene scene;

	scene_enroll_by_ra(&scene);
	scene.record.revoked_at = NOW - 1;
	EXPECT_DENIED(scene, REASON_CERT_REVOKED);
	scene_close(&scene);
}

TEST(a_neighbour_accounts_revocation_counts_for_its_certificate_here)
{
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	scene.facts.certificate.record = &scene.record;
	scene.record.account_id = ACCOUNT_ID + 1;
	EXPECT_ALLOWED(scene);
	scene.record.revoked_at = NOW;
	EXPECT_DENIED(scene, REASON_CERT_REVOKED);
	scene_close(&scene);
}

TEST(a_revoked_certificate_beside_a_right_passphrase_is_no_matter)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	scene.facts.operation = EST_SIMPLEENROLL;
	scene.record.revoked_at = NOW;
	EXPECT_DENIED(scene, REASON_CERT_REVOKED);
	scene_passphrase(&scene, REASON_NONE);
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

/* -- RAs -- */

TEST(ra_02_an_ra_reaches_only_the_profiles_of_its_scope)
{
	struct scene scene;

	scene_enroll_by_ra(&scene);
	scene.scope_profiles[0] = OTHER_PROFILE_ID;
	EXPECT_DENIED(scene, REASON_RA_SCOPE);
	scene.scope.all_profiles = true;
	EXPECT_ALLOWED(scene);
	scene.scope.account_id = ACCOUNT_ID + 1;
	EXPECT_DENIED(scene, REASON_RA_SCOPE);
	scene.facts.certificate.scope = NULL;
	EXPECT_DENIED(scene, REASON_RA_SCOPE);
	scene_close(&scene);
}

TEST(an_ra_stands_in_at_a_passphrase_profile_only_if_its_scope_names_it)
{
	struct scene scene;

	scene_enroll_by_ra(&scene);
	scene.profile->auth = AUTH_PASSPHRASE;
	EXPECT_ALLOWED(scene);
	scene_passphrase(&scene, REASON_BAD_PASSPHRASE);
	EXPECT_DENIED(scene, REASON_BAD_PASSPHRASE);
	scene.facts.passphrase.offered = false;
	scene.scope_profiles[0] = OTHER_PROFILE_ID;
	scene.scope.all_profiles = true;
	EXPECT_DENIED(scene, REASON_NO_CREDENTIALS);
	scene_close(&scene);
}

/* -- the tie to the TLS session -- */

TEST(pop_02_a_binding_that_is_there_must_be_right)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.facts.binding = BINDING_DIFFERS;
	EXPECT_DENIED(scene, REASON_POP_LINK_FAILED);
	scene.facts.binding = BINDING_MATCHES;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(pop_02_a_required_binding_must_be_there)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.profile->binding = BINDING_REQUIRED;
	EXPECT_DENIED(scene, REASON_POP_LINK_MISSING);
	scene.facts.binding = BINDING_MATCHES;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(pop_06_a_binding_that_cannot_be_compared_does_not_fulfil_a_requirement)
{
	struct scene scene;

	scene_enroll_by_passphrase(&scene);
	scene.facts.binding = BINDING_NOT_COMPARABLE;
	EXPECT_ALLOWED(scene);
	scene.profile->binding = BINDING_REQUIRED;
	EXPECT_DENIED(scene, REASON_POP_LINK_FAILED);
	scene_close(&scene);
}

TEST(pop_04_ra_04_an_ra_vouches_for_the_session_of_its_device)
{
	static const enum binding_finding findings[] = { BINDING_ABSENT, BINDING_MATCHES,
							 BINDING_DIFFERS, BINDING_NOT_COMPARABLE };
	struct scene scene;

	scene_enroll_by_ra(&scene);
	scene.profile->binding = BINDING_REQUIRED;
	for (size_t i = 0; i < ARRAY_LEN(findings); i++) {
		scene.facts.binding = findings[i];
		EXPECT_ALLOWED(scene);
	}
	/* the waiver is the RA's word, not its certificate's: with a passphrase it does not speak
	 */
	scene_passphrase(&scene, REASON_NONE);
	EXPECT_DENIED(scene, REASON_POP_LINK_FAILED);
	scene_close(&scene);
}

/* -- which kind of enrollment -- */

TEST(rn_09_a_certificate_of_another_profile_does_not_renew_here)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	scene.record.profile_id = OTHER_PROFILE_ID;
	EXPECT_DENIED(scene, REASON_WRONG_PROFILE);
	scene_close(&scene);
}

TEST(a_third_partys_certificate_does_not_renew)
{
	struct scene scene;

	scene_enroll_by_third_party(&scene);
	EXPECT_ALLOWED(scene);
	scene.facts.operation = EST_SIMPLEREENROLL;
	EXPECT_DENIED(scene, REASON_RENEWAL_NOT_ALLOWED);
	scene_close(&scene);
}

TEST(rn_08_a_sibling_does_not_renew_on_behalf)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	scene.facts.renewed = &scene.renewed;
	EXPECT_DENIED(scene, REASON_RENEWAL_NOT_ALLOWED);
	scene_close(&scene);
}

TEST(rn_08_a_superseded_certificate_renews_again)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	scene.record.renewed_by_id = 99;
	EXPECT_ALLOWED(scene);
	scene_close(&scene);
}

TEST(an_ra_renews_only_what_this_profile_issued)
{
	struct scene scene;

	scene_renew_by_ra(&scene);
	scene.renewed.profile_id = OTHER_PROFILE_ID;
	EXPECT_DENIED(scene, REASON_WRONG_PROFILE);
	scene.facts.renewed = NULL;
	EXPECT_DENIED(scene, REASON_RENEWAL_NOT_ALLOWED);
	scene_close(&scene);
}

static void expect_renews(const struct scene *scene, bool renews)
{
	struct verdict verdict;

	policy_decide(scene->profile, &scene->facts, &verdict);
	assert_true(verdict.allowed);
	assert_int_equal(verdict.renews, renews);
	assert_int_equal(verdict.grant->renews_id, renews ? scene->facts.renewed->id : 0);
	verdict_done(&verdict);
}

TEST(enr_10_enroll_with_a_certificate_of_this_profile_is_as_the_profile_says)
{
	struct scene scene;

	scene_renew_by_own(&scene);
	expect_renews(&scene, true);
	scene.facts.operation = EST_SIMPLEENROLL;
	scene.profile->own_certificate = OWN_CERTIFICATE_REFUSED;
	EXPECT_DENIED(scene, REASON_RENEWAL_NOT_ALLOWED);
	scene.profile->own_certificate = OWN_CERTIFICATE_ENROLLS;
	expect_renews(&scene, false);
	scene.profile->own_certificate = OWN_CERTIFICATE_RENEWS;
	expect_renews(&scene, true);
	scene.facts.now = NOW - 300 * DAY;
	EXPECT_DENIED(scene, REASON_RENEWAL_TOO_EARLY);
	scene_close(&scene);
}

POLICY_TEST_MAIN(RUN(the_scenes_are_allowed), RUN(ci_01_operations_that_issue_nothing_are_refused),
		 RUN(ci_01_unknown_values_of_a_profile_are_refused),
		 RUN(ci_01_unknown_values_of_facts_are_refused),
		 RUN(ci_01_missing_facts_are_refused), RUN(a_suspended_profile_refuses),
		 RUN(facts_of_another_account_are_refused),
		 RUN(pp_05_a_right_passphrase_from_an_unlisted_address_is_refused_by_address),
		 RUN(cl_04_a_certificate_profile_wants_a_certificate_whatever_passphrase_came),
		 RUN(a_passphrase_profile_wants_a_passphrase_whatever_certificate_came),
		 RUN(cl_26_a_wrong_passphrase_refuses_beside_a_good_certificate),
		 RUN(cl_26_a_right_passphrase_makes_a_failed_certificate_no_matter),
		 RUN(without_any_credential_nobody_enrolls),
		 RUN(what_authentication_found_wrong_is_the_refusal),
		 RUN(cl_15_an_anchor_of_another_account_vouches_for_nobody_here),
		 RUN(rn_06_our_own_certificate_without_a_record_is_unknown),
		 RUN(rn_06_a_certificate_that_was_only_intended_is_unknown),
		 RUN(pp_15_a_passphrase_alone_renews_nothing),
		 RUN(a_renewal_is_by_certificate_whatever_the_method_is),
		 RUN(whoever_authenticated_may_read_why_it_was_refused),
		 RUN(cl_05_an_expired_certificate_does_not_enroll),
		 RUN(cl_05_an_expired_own_certificate_of_another_profile_does_not_enroll),
		 RUN(an_expired_ra_renews_for_nobody),
		 RUN(cl_07_a_certificate_that_has_not_begun_is_refused_on_both),
		 RUN(cl_08_a_revoked_certificate_is_refused_on_both_and_on_hold_too),
		 RUN(ra_06_a_revoked_ra_is_refused),
		 RUN(a_neighbour_accounts_revocation_counts_for_its_certificate_here),
		 RUN(a_revoked_certificate_beside_a_right_passphrase_is_no_matter),
		 RUN(ra_02_an_ra_reaches_only_the_profiles_of_its_scope),
		 RUN(an_ra_stands_in_at_a_passphrase_profile_only_if_its_scope_names_it),
		 RUN(pop_02_a_binding_that_is_there_must_be_right),
		 RUN(pop_02_a_required_binding_must_be_there),
		 RUN(pop_06_a_binding_that_cannot_be_compared_does_not_fulfil_a_requirement),
		 RUN(pop_04_ra_04_an_ra_vouches_for_the_session_of_its_device),
		 RUN(rn_09_a_certificate_of_another_profile_does_not_renew_here),
		 RUN(a_third_partys_certificate_does_not_renew),
		 RUN(rn_08_a_sibling_does_not_renew_on_behalf),
		 RUN(rn_08_a_superseded_certificate_renews_again),
		 RUN(an_ra_renews_only_what_this_profile_issued),
		 RUN(enr_10_enroll_with_a_certificate_of_this_profile_is_as_the_profile_says))
