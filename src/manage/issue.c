#include "manage/issue.h"

#include <string.h>

#include "ca/ca.h"
#include "pki/tbs.h"
#include "policy/policy.h"

static bool find_issuer(const struct change *change, const struct issue *issue,
			const struct ca **ret, struct error *err)
{
	*ret = NULL;
	if (!issue->issuer)
		return true;
	if (!find_ca(change->catalog, change->account, issue->issuer, ret, err))
		return false;
	if ((*ret)->state != CA_ACTIVE)
		return error_set(err, REASON_CONFLICT, "CA %s is %s", (*ret)->name,
				 ca_state_text((*ret)->state));
	return true;
}

/* A CA that was made elsewhere a moment ago has begun, and lends no time before that. */
static int64_t beginning(int64_t now, const struct ca *issuer)
{
	int64_t backdated = now - BACKDATE_SECONDS;
	int64_t issuers = issuer ? cert_not_before(issuer->cert) : backdated;

	return issuers > backdated && issuers <= now ? issuers : backdated;
}

static bool make_grant(const struct call *call, const struct change *change,
		       const struct issue *issue, const struct ca *issuer, struct grant **ret,
		       struct error *err)
{
	const struct san no_san = { 0 };
	int64_t not_before = beginning(call->now, issuer);
	const struct order order = {
		.purpose = issue->purpose,
		.account_id = change->account->id,
		.ca = issuer,
		.subject = issue->subject,
		.subject_der = issue->subject_der,
		.key_id = issue->key_id,
		.san = issue->san ? issue->san : &no_san,
		.key = issue->key,
		.signature = issuer || !issue->signature
				     ? SIGN_COUNT
				     : signature_algorithm_by_text(issue->signature),
		.not_before = not_before,
		.validity_seconds = issue->validity_seconds + call->now - not_before,
		.path_len = issue->path_len,
		.name_constraints = issue->name_constraints,
		.operator= call->actor,
	};

	return policy_grant_order(&order, ret, err);
}

static struct ca_context context_of(const struct call *call)
{
	return (struct ca_context){ call->manage->clock, call->manage->va_url };
}

static bool prepare(const struct call *call, struct change *change, const struct issue *issue,
		    struct issuance **ret, char **ret_key_name, struct error *err)
{
	CLEANUP(grant_freep) struct grant *grant = NULL;
	const struct ca_context context = context_of(call);
	const struct ca *issuer;

	if (!find_issuer(change, issue, &issuer, err))
		return false;
	*ret_key_name = strdup(issuer ? issuer->key_name : issue->key_name);
	if (!*ret_key_name)
		return error_set(err, REASON_NO_MEMORY, "issuance");
	return make_grant(call, change, issue, issuer, &grant, err) &&
	       ca_prepare(change->tx, TAKE(grant), issuer, &context, INTENT_ENTERED, ret, err);
}

bool issue_certificate(const struct call *call, const struct issue *issue, struct certificate *ret,
		       struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(issuance_freep) struct issuance *issuance = NULL;
	CLEANUP(freep) char *key_name = NULL;

	return change_begin(call, &change, err) &&
	       prepare(call, &change, issue, &issuance, &key_name, err) &&
	       store_commit(TAKE(change.tx), err) &&
	       ca_sign(call->manage->signer, key_name, TAKE(issuance), ret, err);
}

/* A certificate with a signature that is none: enough to be read. */
static bool complete(const struct ca_preview *preview, const struct public_key *issuer_key,
		     struct cert **ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };

	return tbs_sign_result(buffer_view(&preview->tbs),
			       key_type_default_algorithm(public_key_type(issuer_key)),
			       BYTES_LITERAL("\0"), &der, err) &&
	       cert_parse(buffer_view(&der), ret, err);
}

bool issue_preview(const struct call *call, const struct issue *issue, struct cert **ret,
		   struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(grant_freep) struct grant *grant = NULL;
	CLEANUP(ca_preview_done) struct ca_preview preview = { 0 };
	const struct ca_context context = context_of(call);
	const struct ca *issuer;

	if (!change_begin(call, &change, err) || !find_issuer(&change, issue, &issuer, err) ||
	    !make_grant(call, &change, issue, issuer, &grant, err) ||
	    !ca_preview(change.tx, grant, issuer, &context, &preview, err))
		return false;
	return complete(&preview, issuer ? cert_key(issuer->cert) : issue->key, ret, err);
}
