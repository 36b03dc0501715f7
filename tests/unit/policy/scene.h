/* Whole situations that policy allows, each one change away from a refusal. */
#pragma once

#include "policy/policy.h"

#include "objects.h"

#define ACCOUNT_ID 1
#define CA_ID 3
#define PROFILE_ID 7
#define OTHER_PROFILE_ID 8

struct scene {
	struct profile *profile;
	struct account account;
	struct ca ca;
	struct anchor anchor;
	struct ra_scope scope;
	int64_t scope_profiles[1];
	struct certificate record;  /* of the client's certificate */
	struct certificate renewed; /* for an RA */
	struct cert *client, *old;
	struct csr *csr;
	struct facts facts;
};

static inline struct profile *scene_profile(void)
{
	struct profile *profile = NULL;
	struct error err;

	EXPECT_OK(profile_new(TEMPLATE_GENERIC_DEVICE, &profile, &err), err);
	profile->id = PROFILE_ID;
	profile->account_id = ACCOUNT_ID;
	profile->ca_id = CA_ID;
	profile->version = 5;
	profile->name = strdup("sensors");
	profile->oid = strdup("1.3.6.1.4.1.99999.1");
	profile->auth = AUTH_EITHER;
	profile->renew_expired = RENEW_EXPIRED_IN_WINDOW;
	profile->window_closes_seconds = 10 * DAY;
	EXPECT_OK(profile_check(profile, &err), err);
	return profile;
}

static inline struct cert *scene_ca_cert(void)
{
	return make_cert(&(struct cert_spec){ .subject = "CN=CA",
					      .key = CA_KEY,
					      .not_before = NOW - 3650 * DAY,
					      .not_after = NOW + 3650 * DAY,
					      .is_ca = true,
					      .path_len = -1 });
}

static inline void scene_csr(struct scene *scene, struct csr_spec spec)
{
	csr_free(scene->csr);
	scene->csr = make_csr(&spec);
	scene->facts.csr = scene->csr;
}

/* Nobody has authenticated yet. */
static inline void scene_open(struct scene *scene, enum est_operation operation)
{
	*scene = (struct scene){
		.profile = scene_profile(),
		.account = { .id = ACCOUNT_ID, .name = "acme" },
		.ca = { .id = CA_ID,
			.account_id = ACCOUNT_ID,
			.name = "issuing",
			.cert = scene_ca_cert() },
		.anchor = { .id = 1, .account_id = ACCOUNT_ID, .ca_id = CA_ID },
		.scope = { .id = 1, .account_id = ACCOUNT_ID, .name = "proxy", .profile_count = 1 },
		.scope_profiles = { PROFILE_ID },
		.record = { .id = 11,
			    .account_id = ACCOUNT_ID,
			    .profile_id = PROFILE_ID,
			    .state = CERTIFICATE_ISSUED },
		.renewed = { .id = 12,
			     .account_id = ACCOUNT_ID,
			     .profile_id = PROFILE_ID,
			     .state = CERTIFICATE_ISSUED },
	};
	scene->scope.profile_ids = scene->scope_profiles;
	scene->anchor.cert = scene->ca.cert;
	scene->facts = (struct facts){
		.operation = operation,
		.address_allowed = true,
		.account = &scene->account,
		.ca = &scene->ca,
		.request_id = "0123456789abcdef",
		.now = NOW,
	};
	struct error err;
	EXPECT_OK(address_parse("192.0.2.7", &scene->facts.peer, &err), err);
	scene_csr(scene, (struct csr_spec){ .subject = "CN=dev-1", .key = DEVICE_KEY });
}

static inline void scene_close(struct scene *scene)
{
	profile_free(scene->profile);
	cert_free(scene->ca.cert);
	cert_free(scene->client);
	cert_free(scene->old);
	csr_free(scene->csr);
}

static inline void scene_passphrase(struct scene *scene, enum reason failure)
{
	scene->facts.passphrase.offered = true;
	scene->facts.passphrase.failure.reason = failure;
}

/* The client shows a certificate; its chain is sound. */
static inline void scene_client(struct scene *scene, enum identity_kind kind, struct cert_spec spec)
{
	bool recorded = kind == IDENTITY_OWN || kind == IDENTITY_RA;

	cert_free(scene->client);
	scene->client = make_cert(&spec);
	scene->facts.certificate = (struct certificate_finding){
		.offered = true,
		.kind = kind,
		.cert = scene->client,
		.anchor = &scene->anchor,
		.record = recorded ? &scene->record : NULL,
		.scope = kind == IDENTITY_RA ? &scene->scope : NULL,
	};
	if (kind == IDENTITY_OWN) {
		scene->facts.renewed = &scene->record;
		scene->facts.renewed_cert = scene->client;
	}
}

static inline struct cert_spec device_cert(void)
{
	return (struct cert_spec){ .subject = "CN=dev-1",
				   .key = DEVICE_KEY,
				   .not_before = NOW - 355 * DAY,
				   .not_after = NOW + 10 * DAY };
}

static inline void scene_enroll_by_passphrase(struct scene *scene)
{
	scene_open(scene, EST_SIMPLEENROLL);
	scene_passphrase(scene, REASON_NONE);
}

static inline void scene_enroll_by_third_party(struct scene *scene)
{
	scene_open(scene, EST_SIMPLEENROLL);
	scene_client(scene, IDENTITY_THIRD_PARTY, device_cert());
}

static inline void scene_enroll_by_ra(struct scene *scene)
{
	struct cert_spec spec = device_cert();

	spec.subject = "CN=proxy-1";
	scene_open(scene, EST_SIMPLEENROLL);
	scene->record.profile_id = 0;
	scene_client(scene, IDENTITY_RA, spec);
}

static inline void scene_renew_by_own(struct scene *scene)
{
	scene_open(scene, EST_SIMPLEREENROLL);
	scene_client(scene, IDENTITY_OWN, device_cert());
}

static inline void scene_renew_by_ra(struct scene *scene)
{
	struct cert_spec old = device_cert();

	scene_enroll_by_ra(scene);
	scene->facts.operation = EST_SIMPLEREENROLL;
	scene->old = make_cert(&old);
	scene->facts.renewed = &scene->renewed;
	scene->facts.renewed_cert = scene->old;
}

/* The device's certificate again, with other times. */
static inline void scene_set_times(struct scene *scene, int64_t not_before, int64_t not_after)
{
	enum identity_kind kind = scene->facts.certificate.kind;
	struct cert_spec spec = device_cert();

	spec.not_before = not_before;
	spec.not_after = not_after;
	if (kind == IDENTITY_RA)
		spec.subject = "CN=proxy-1";
	scene_client(scene, kind, spec);
}

/* What holds of every verdict, whatever it is. */
static inline void check_verdict(const struct verdict *verdict)
{
	if (verdict->allowed != (verdict->grant != NULL))
		fail_msg("allowed %d, and the grant is %p", verdict->allowed,
			 (void *)verdict->grant);
	if (verdict->allowed != (verdict->refusal.reason == REASON_NONE))
		fail_msg("allowed %d, refusal %s", verdict->allowed,
			 reason_code(verdict->refusal.reason));
	assert_true(verdict->trace.count > 0 && verdict->trace.count <= TRACE_MAX);
	const struct trace_step *last = &verdict->trace.steps[verdict->trace.count - 1];
	assert_int_equal(last->outcome == TRACE_REFUSED, !verdict->allowed);
}

static inline void expect_verdict(const struct scene *scene, enum reason expected,
				  const char *where, int line)
{
	struct verdict verdict;

	policy_decide(scene->profile, &scene->facts, &verdict);
	check_verdict(&verdict);
	if (verdict.refusal.reason != expected)
		fail_msg("%s:%d: got %s (%s); wanted %s", where, line,
			 reason_code(verdict.refusal.reason), verdict.refusal.detail,
			 reason_code(expected));
	verdict_done(&verdict);
}

#define EXPECT_ALLOWED(scene) expect_verdict(&(scene), REASON_NONE, __FILE__, __LINE__)
#define EXPECT_DENIED(scene, reason) expect_verdict(&(scene), reason, __FILE__, __LINE__)

#define POLICY_TEST_MAIN(...)                                                                      \
	static int keys_done(void **state __attribute__((unused)))                                 \
	{                                                                                          \
		test_keys_done();                                                                  \
		return 0;                                                                          \
	}                                                                                          \
	int main(void)                                                                             \
	{                                                                                          \
		const struct CMUnitTest tests[] = { __VA_ARGS__ };                                 \
		return cmocka_run_group_tests(tests, NULL, keys_done);                             \
	}
