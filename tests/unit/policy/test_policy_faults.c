/* Whatever fails beneath a decision, it refuses (CI-03, V7). */
/* wrap: malloc calloc realloc strdup */
/* wrap: name_append name_copy san_append basic_constraints_parse key_usage_parse oid_to_text */
/* wrap: pattern_matches address_list_parse */
/* wrap: rule_operation rule_profile_state rule_address rule_authentication rule_certificate_time */
/* wrap: rule_revocation rule_ra_scope rule_possession rule_enrollment_kind rule_key */
/* wrap: rule_extensions rule_subject rule_san rule_identity rule_renewal_window */
/* wrap: rule_renewal_names rule_renewal_key rule_key_reuse rule_issuer grant_build */
#include "model/pattern.h"
#include "policy/rule.h"
#include "scene.h"

/* Counts the calls since it was set; the one with the number `fails_at` fails. 0: none does. */
struct fault {
	size_t calls, fails_at;
};
static struct fault allocation, callee;
static bool in_decision;

static bool is_due(struct fault *fault)
{
	return in_decision && ++fault->calls == fault->fails_at;
}

#define WRAP_ALLOCATION(type, name, parameters, arguments)                                         \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		return is_due(&allocation) ? NULL : __real_##name arguments;                       \
	}

WRAP_ALLOCATION(void *, malloc, (size_t size), (size))
WRAP_ALLOCATION(void *, calloc, (size_t count, size_t size), (count, size))
WRAP_ALLOCATION(void *, realloc, (void *old, size_t size), (old, size))
WRAP_ALLOCATION(char *, strdup, (const char *text), (text))

/* Fails without a word of why: even then it must not read as success. */
#define WRAP_CALLEE(name, parameters, arguments)                                                   \
	bool __real_##name parameters;                                                             \
	bool __wrap_##name parameters;                                                             \
	bool __wrap_##name parameters                                                              \
	{                                                                                          \
		return !is_due(&callee) && __real_##name arguments;                                \
	}

WRAP_CALLEE(name_append,
	    (struct name * name, enum name_attribute attribute, const char *value,
	     struct error *err),
	    (name, attribute, value, err))
WRAP_CALLEE(name_copy, (const struct name *name, struct name *ret, struct error *err),
	    (name, ret, err))
WRAP_CALLEE(san_append,
	    (struct san * san, enum san_type type, const char *value, struct error *err),
	    (san, type, value, err))
WRAP_CALLEE(basic_constraints_parse,
	    (struct bytes value, bool *ret_is_ca, int *ret_path_len, struct error *err),
	    (value, ret_is_ca, ret_path_len, err))
WRAP_CALLEE(key_usage_parse, (struct bytes value, unsigned int *ret, struct error *err),
	    (value, ret, err))
WRAP_CALLEE(oid_to_text, (struct bytes contents, struct buffer *ret), (contents, ret))
WRAP_CALLEE(pattern_matches, (const char *pattern, const char *value), (pattern, value))
WRAP_CALLEE(address_list_parse, (const char *text, struct address_set *ret, struct error *err),
	    (text, ret, err))
WRAP_CALLEE(grant_build, (const struct decision *decision, struct grant **ret, struct error *err),
	    (decision, ret, err))

#define WRAP_RULE(name)                                                                            \
	WRAP_CALLEE(name, (struct decision * decision, struct error * err), (decision, err))

WRAP_RULE(rule_operation)
WRAP_RULE(rule_profile_state)
WRAP_RULE(rule_address)
WRAP_RULE(rule_authentication)
WRAP_RULE(rule_certificate_time)
WRAP_RULE(rule_revocation)
WRAP_RULE(rule_ra_scope)
WRAP_RULE(rule_possession)
WRAP_RULE(rule_enrollment_kind)
WRAP_RULE(rule_key)
WRAP_RULE(rule_extensions)
WRAP_RULE(rule_subject)
WRAP_RULE(rule_san)
WRAP_RULE(rule_identity)
WRAP_RULE(rule_renewal_window)
WRAP_RULE(rule_renewal_names)
WRAP_RULE(rule_renewal_key)
WRAP_RULE(rule_key_reuse)
WRAP_RULE(rule_issuer)

static bool decide(const struct scene *scene, struct fault *fault, size_t fails_at,
		   struct error *ret_refusal)
{
	struct verdict verdict;

	allocation = callee = (struct fault){ 0 };
	fault->fails_at = fails_at;
	in_decision = true;
	policy_decide(scene->profile, &scene->facts, &verdict);
	in_decision = false;
	check_verdict(&verdict);
	*ret_refusal = verdict.refusal;
	bool allowed = verdict.allowed;
	verdict_done(&verdict);
	return allowed;
}

/* A request in which every callee has work. */
static void ask_for_much(struct scene *scene)
{
	static const struct bytes usages =
		BYTES_LITERAL("\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x02");
	struct profile *profile = scene->profile;

	free(profile->san_rules[SAN_DNS].pattern);
	profile->san_rules[SAN_DNS].pattern = strdup("dev-[0-9]+");
	free(profile->san_rules[SAN_IP].pattern);
	profile->san_rules[SAN_IP].pattern = strdup("cidr 192.0.2.0/24");
	profile->identity = IDENTITY_ANY;
	scene_csr(
		scene,
		(struct csr_spec){
			.subject = "O=Acme,CN=dev-1",
			.san = "dns:dev-1,ip:192.0.2.1",
			.key = DEVICE_KEY,
			.extensions = { { oid_basic_constraints, false, BYTES_LITERAL("\x30\x00") },
					{ oid_key_usage, false, BYTES_LITERAL("\x03\x02\x05\xa0") },
					{ oid_ext_key_usage, false, usages } } });
}

static void renew_much(struct scene *scene)
{
	struct cert_spec spec = device_cert();

	scene_renew_by_own(scene);
	spec.subject = "O=Acme,CN=dev-1";
	spec.san = "dns:dev-1,ip:192.0.2.1";
	scene_client(scene, IDENTITY_OWN, spec);
	ask_for_much(scene);
}

/* The device's first request again, which the rules make into the names it has. */
static void renew_by_rules(struct scene *scene)
{
	renew_much(scene);
	scene_csr(scene, (struct csr_spec){ .subject = "title=King,CN=dev-1,O=Acme",
					    .san = "dns:dev-1,ip:192.0.2.1,uri:urn:a",
					    .key = DEVICE_KEY });
	scene->profile->san_rules[SAN_URI].source = SAN_DROPPED;
}

static void rename_by_attribute(struct scene *scene)
{
	renew_much(scene);
	scene->profile->change_subject = true;
	scene_csr(scene, (struct csr_spec){ .subject = "O=Acme,CN=dev-1",
					    .san = "dns:dev-1,ip:192.0.2.1",
					    .key = DEVICE_KEY,
					    .changes = true,
					    .new_subject = "CN=dev-2",
					    .new_san = "dns:dev-2" });
}

static void enroll_much_by_passphrase(struct scene *scene)
{
	scene_enroll_by_passphrase(scene);
	ask_for_much(scene);
}

static void enroll_much_by_third_party(struct scene *scene)
{
	scene_enroll_by_third_party(scene);
	ask_for_much(scene);
}

static void enroll_much_by_ra(struct scene *scene)
{
	scene_enroll_by_ra(scene);
	ask_for_much(scene);
}

static void (*const scenes[])(struct scene *) = {
	enroll_much_by_passphrase,
	enroll_much_by_third_party,
	enroll_much_by_ra,
	renew_much,
	renew_by_rules,
	rename_by_attribute,
	scene_renew_by_ra,
};

/* How many calls an undisturbed decision makes. */
static size_t count_calls(const struct scene *scene, struct fault *fault)
{
	struct error refusal;

	if (!decide(scene, fault, 0, &refusal))
		fail_msg("%s: %s", reason_code(refusal.reason), refusal.detail);
	return fault->calls;
}

TEST(ci_03_every_allocation_that_fails_refuses)
{
	for (size_t i = 0; i < ARRAY_LEN(scenes); i++) {
		struct scene scene;
		struct error refusal;

		scenes[i](&scene);
		size_t calls = count_calls(&scene, &allocation);
		assert_true(calls > 10);
		for (size_t n = 1; n <= calls; n++) {
			if (decide(&scene, &allocation, n, &refusal))
				fail_msg("scene %zu: allowed without allocation %zu", i, n);
			if (allocation.calls < n)
				fail_msg("scene %zu: allocation %zu never came", i, n);
		}
		scene_close(&scene);
	}
}

TEST(ci_03_every_callee_that_fails_refuses)
{
	for (size_t i = 0; i < ARRAY_LEN(scenes); i++) {
		struct scene scene;
		struct error refusal;

		scenes[i](&scene);
		size_t calls = count_calls(&scene, &callee);
		assert_true(calls > 15);
		for (size_t n = 1; n <= calls; n++)
			if (decide(&scene, &callee, n, &refusal))
				fail_msg("scene %zu: allowed although callee %zu failed", i, n);
		scene_close(&scene);
	}
}

TEST(memory_that_is_out_is_the_reason_given)
{
	struct scene scene;
	struct error refusal;

	renew_by_rules(&scene);
	size_t calls = count_calls(&scene, &allocation);
	for (size_t n = 1; n <= calls; n++) {
		assert_false(decide(&scene, &allocation, n, &refusal));
		if (refusal.reason != REASON_NO_MEMORY)
			fail_msg("allocation %zu: %s (%s)", n, reason_code(refusal.reason),
				 refusal.detail);
	}
	scene_close(&scene);
}

static void open_order(struct scene *scene, struct order *ret)
{
	static struct name subject;
	static struct san san;
	struct error err;

	scene_open(scene, EST_SIMPLEENROLL);
	name_done(&subject);
	san_done(&san);
	EXPECT_OK(name_from_text("CN=pki.acme.example", &subject, &err), err);
	read_san("dns:pki.acme.example", &san);
	*ret = (struct order){ .purpose = PURPOSE_SERVER,
			       .account_id = ACCOUNT_ID,
			       .ca = &scene->ca,
			       .subject = &subject,
			       .san = &san,
			       .key = test_key(DEVICE_KEY),
			       .signature = SIGN_COUNT,
			       .not_before = NOW,
			       .validity_seconds = DAY,
			       .path_len = -1,
			       .operator= "ann" };
}

static bool grant_order(const struct order *order, size_t fails_at, struct error *err)
{
	struct grant *grant = NULL;

	allocation = callee = (struct fault){ 0 };
	allocation.fails_at = fails_at;
	in_decision = true;
	bool granted = policy_grant_order(order, &grant, err);
	in_decision = false;
	assert_int_equal(granted, grant != NULL);
	grant_free(grant);
	return granted;
}

TEST(ci_03_an_order_without_memory_is_refused)
{
	struct scene scene;
	struct order order;
	struct error err;

	open_order(&scene, &order);
	EXPECT_OK(grant_order(&order, 0, &err), err);
	size_t calls = allocation.calls;
	assert_true(calls > 5);
	for (size_t n = 1; n <= calls; n++)
		EXPECT_REFUSED(grant_order(&order, n, &err), err, REASON_NO_MEMORY);
	name_done((struct name *)(uintptr_t)order.subject);
	san_done((struct san *)(uintptr_t)order.san);
	scene_close(&scene);
}

POLICY_TEST_MAIN(RUN(ci_03_every_allocation_that_fails_refuses),
		 RUN(ci_03_every_callee_that_fails_refuses),
		 RUN(memory_that_is_out_is_the_reason_given),
		 RUN(ci_03_an_order_without_memory_is_refused))
