#include "policy/policy.h"

#include "policy/rule.h"
#include "policy/trace.h"

static bool certificate_speaks_for_device(const struct decision *decision)
{
	return decision->identity == IDENTITY_OWN || decision->identity == IDENTITY_THIRD_PARTY;
}

/* Also a certificate that another account of this node issued, which is a third party here. */
static bool certificate_is_recorded(const struct decision *decision)
{
	return decision_by_certificate(decision) && decision->facts->certificate.record;
}

static bool is_ra(const struct decision *decision)
{
	return decision->identity == IDENTITY_RA;
}

static bool makes_ras(const struct decision *decision)
{
	return profile_makes_ras(decision->profile);
}

static bool is_not_ra(const struct decision *decision)
{
	return decision->identity != IDENTITY_RA;
}

static bool renews(const struct decision *decision)
{
	return decision->renews;
}

static bool enrolls(const struct decision *decision)
{
	return !decision->renews;
}

/* By its own certificate, or by a code that was given to one device alone. */
static bool enrolls_by_own_word(const struct decision *decision)
{
	bool by_own_code = decision->identity == IDENTITY_CODE && decision->facts->device.by_code;

	return !decision->renews && (certificate_speaks_for_device(decision) || by_own_code);
}

/* Cheapest first, and who is asking before what is asked; the first refusal wins. */
static const struct rule {
	const char *name;
	bool (*check)(struct decision *, struct error *);
	bool (*applies)(const struct decision *); /* NULL: always */
	const char *otherwise;                    /* why it did not apply */
} rules[] = {
	{ "operation", rule_operation, NULL, NULL },
	{ "profile", rule_profile_state, NULL, NULL },
	{ "address", rule_address, NULL, NULL },
	{ "authentication", rule_authentication, NULL, NULL },
	{ "certificate time", rule_certificate_time, decision_by_certificate,
	  "no certificate authenticated the caller" },
	{ "revocation", rule_revocation, certificate_is_recorded,
	  "no certificate of ours authenticated the caller" },
	{ "RA scope", rule_ra_scope, is_ra, "the caller is no RA" },
	{ "RA certificates", rule_ra_certificates, makes_ras,
	  "the profile makes no RA certificates" },
	{ "device", rule_device, NULL, NULL },
	/* POP-04: an RA's TLS session is not the device's; the RA vouches for it */
	{ "possession", rule_possession, is_not_ra, "an RA vouches for its devices" },
	{ "kind", rule_enrollment_kind, NULL, NULL },
	{ "key", rule_key, NULL, NULL },
	{ "extensions", rule_extensions, NULL, NULL },
	{ "subject", rule_subject, enrolls, "a renewal keeps its names" },
	{ "subjectAltName", rule_san, enrolls, "a renewal keeps its names" },
	{ "identity", rule_identity, enrolls_by_own_word,
	  "no credential of the device's own speaks for new names" },
	{ "renewal window", rule_renewal_window, renews, "not a renewal" },
	{ "renewal names", rule_renewal_names, renews, "not a renewal" },
	{ "renewal key", rule_renewal_key, renews, "not a renewal" },
	{ "key reuse", rule_key_reuse, NULL, NULL },
	{ "limit", rule_limit, NULL, NULL },
	{ "issuer", rule_issuer, NULL, NULL },
	{ "approval", rule_approval, NULL, NULL },
};

/* one step more than the rules, for the grant */
_Static_assert(ARRAY_LEN(rules) < TRACE_MAX, "the trace holds every rule");

static bool run_rule(const struct rule *rule, struct decision *decision, struct trace *trace,
		     struct error *err)
{
	if (rule->applies && !rule->applies(decision)) {
		trace_add(trace, rule->name, TRACE_SKIPPED, rule->otherwise);
		return true;
	}
	decision->words[0] = '\0';
	if (!rule->check(decision, err)) {
		trace_add(trace, rule->name, TRACE_REFUSED, err->detail);
		return false;
	}
	trace_add(trace, rule->name, TRACE_PASSED, decision->words);
	return true;
}

static bool run_rules(struct decision *decision, struct trace *trace, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++)
		if (!run_rule(&rules[i], decision, trace, err))
			return false;
	return true;
}

static bool build_grant(const struct decision *decision, struct verdict *ret)
{
	if (!grant_build(decision, &ret->grant, &ret->refusal)) {
		trace_add(&ret->trace, "grant", TRACE_REFUSED, ret->refusal.detail);
		return false;
	}
	trace_add(&ret->trace, "grant", TRACE_PASSED, "");
	return true;
}

/* A refusal without a reason would read as none. */
static void name_refusal(struct verdict *verdict)
{
	if (!verdict->allowed && verdict->refusal.reason == REASON_NONE)
		verdict->refusal.reason = REASON_INTERNAL;
}

void policy_decide(const struct profile *profile, const struct facts *facts, struct verdict *ret)
{
	CLEANUP(decision_done)
	struct decision decision = { .profile = profile, .facts = facts };

	*ret = (struct verdict){ 0 };
	/* for a key that is yet to be made the question will be asked again, once it is there */
	ret->allowed = run_rules(&decision, &ret->trace, &ret->refusal) &&
		       (facts->key_to_make || build_grant(&decision, ret));
	ret->authenticated =
		decision.identity != IDENTITY_NONE && decision.identity != IDENTITY_NOBODY;
	ret->identity = decision.identity;
	ret->by_code = decision.by_code;
	ret->renews = decision.renews;
	ret->waits = ret->allowed && decision.waits;
	name_refusal(ret);
}

void verdict_done(struct verdict *verdict)
{
	grant_free(TAKE(verdict->grant));
}
