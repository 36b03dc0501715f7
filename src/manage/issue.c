#include "manage/issue.h"

#include <string.h>

#include "ca/ca.h"
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

static bool prepare(const struct call *call, struct change *change, const struct issue *issue,
		    struct issuance **ret, char **ret_key_name, struct error *err)
{
	CLEANUP(grant_freep) struct grant *grant = NULL;
	const struct san no_san = { 0 };
	const struct ca *issuer;

	if (!find_issuer(change, issue, &issuer, err))
		return false;

	const struct order order = {
		.purpose = issue->purpose,
		.account_id = change->account->id,
		.ca = issuer,
		.subject = issue->subject,
		.subject_der = issue->subject_der,
		.san = issue->san ? issue->san : &no_san,
		.key = issue->key,
		.signature = issuer || !issue->signature
				     ? SIGN_COUNT
				     : signature_algorithm_by_text(issue->signature),
		.not_before = call->now - BACKDATE_SECONDS,
		.validity_seconds = issue->validity_seconds + BACKDATE_SECONDS,
		.path_len = issue->path_len,
		.name_constraints = issue->name_constraints,
		.operator= call->actor,
	};
	*ret_key_name = strdup(issuer ? issuer->key_name : issue->key_name);
	if (!*ret_key_name)
		return error_set(err, REASON_NO_MEMORY, "issuance");
	const struct ca_context context = { call->manage->clock, call->manage->va_url };
	return policy_grant_order(&order, &grant, err) &&
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
