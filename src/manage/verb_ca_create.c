#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/random.h"
#include "ca/ca.h"
#include "manage/change.h"
#include "manage/describe.h"
#include "manage/issue.h"
#include "manage/keygen.h"
#include "manage/verb_ca.h"
#include "pki/chain.h"
#include "pki/name_subtree.h"
#include "store/store_ca_request.h"
#include "store/store_config.h"

#define CA_VALIDITY_DEFAULT ((int64_t)10 * 365 * 86400)

static bool check_nobody_waits(const struct call *call, const char *name, struct error *err)
{
	CLEANUP(ca_request_done) struct ca_request request = { 0 };
	struct error missing = { 0 };

	if (store_ca_request_find(call->manage->store, call->account->id, name, &request, &missing))
		return error_set(err, REASON_CONFLICT, "a CA %s waits for its certificate", name);
	if (missing.reason != REASON_NOT_FOUND)
		*err = missing;
	return missing.reason == REASON_NOT_FOUND;
}

bool new_ca_check_name(const struct call *call, const char *name, struct error *err)
{
	if (!object_name_check(name, err))
		return false;
	if (catalog_ca_by_name(call->catalog, call->account->id, name))
		return error_set(err, REASON_CONFLICT, "there is a CA %s", name);
	return check_nobody_waits(call, name, err);
}

bool new_ca_keep_key(const struct call *call, struct new_ca *ca, const struct private_key *key,
		     struct error *err)
{
	unsigned char random[16];
	char text[2 * sizeof random + 1];

	if (!random_fill(random, sizeof random, err))
		return false;
	hex_encode((struct bytes){ random, sizeof random }, text);
	snprintf(ca->key_name, sizeof ca->key_name, "ca-%s", text);
	return signer_add(call->manage->signer, ca->key_name, key, err);
}

bool new_ca_make_key(const struct call *call, const char *choice, const char *place,
		     struct new_ca *ca, struct public_key **ret, struct error *err)
{
	struct key_order order = { .place = key_place_by_text(place ? place : "file"),
				   .label = ca->name };

	if (order.place == KEY_PLACE_COUNT)
		return error_set(err, REASON_INVALID, "params.key_store: file or token");
	return key_choice_find(choice, &order.type, &order.bits, err) &&
	       signer_generate(call->manage->signer, &order, ca->key_name, ret, err);
}

static bool trust(const struct change *change, const struct new_ca *ca, int64_t ca_id,
		  struct error *err)
{
	int64_t anchor_id;

	return !ca->trust || store_anchor_insert(change->tx, change->account->id, ca_id, ca->cert,
						 &anchor_id, err);
}

static bool tell_signature(const struct change *change, const struct new_ca *ca, int64_t ca_id,
			   struct error *err)
{
	return !ca->signature ||
	       store_ca_set_signature(change->tx, change->account->id, ca_id,
				      signature_algorithm_by_text(ca->signature), err);
}

/* Told before a key is made. */
static bool check_signature(const struct ca_plan *plan, struct error *err)
{
	enum key_type type;
	unsigned int bits;

	if (!plan->signature)
		return true;
	enum signature_algorithm algorithm = signature_algorithm_by_text(plan->signature);
	if (algorithm == SIGN_COUNT)
		return error_set(err, REASON_INVALID, "params.signature: %s is not known",
				 plan->signature);
	return key_choice_find(plan->key, &type, &bits, err) &&
	       (key_type_signs_with(type, algorithm) ||
		error_set(err, REASON_INVALID, "params.signature: a %s key cannot sign with %s",
			  key_type_text(type), plan->signature));
}

bool new_ca_insert(const struct call *call, struct change *change, const struct new_ca *ca,
		   json_t **ret, struct error *err)
{
	int64_t id;

	if (!store_ca_insert(change->tx, call->account->id, ca->name, ca->parent_id, ca->key_name,
			     ca->cert, ca->chain, ca->chain_count, &id, err) ||
	    !tell_signature(change, ca, id, err) || !trust(change, ca, id, err) ||
	    !change_refresh(change, err))
		return false;

	json_auto_t *described = describe_ca(catalog_ca(change->catalog, id), change->catalog);
	return change_audit(
		       call, change,
		       (struct change_note){ "ca", ca->name, json_null(), json_incref(described) },
		       err) &&
	       call_return(json_pack("{s:O}", "ca", described), ret, err);
}

size_t ca_chain_below(const struct ca *ca, struct bytes into[CHAIN_DEPTH_MAX])
{
	size_t count = 0;

	if (!ca)
		return 0;
	into[count++] = cert_der(ca->cert);
	for (size_t i = 0; i < ca->chain_count && count < CHAIN_DEPTH_MAX; i++)
		into[count++] = cert_der(ca->chain[i]);
	return count;
}

/* -- making one -- */

static bool record(const struct call *call, struct change *change, const struct ca_plan *plan,
		   struct new_ca *ca, struct certificate *signed_certificate, json_t **ret,
		   struct error *err)
{
	const struct ca *parent = NULL;
	struct bytes chain[CHAIN_DEPTH_MAX];

	if (plan->parent && !find_ca(change->catalog, change->account, plan->parent, &parent, err))
		return false;
	ca->parent_id = parent ? parent->id : 0;
	ca->cert = (struct bytes){ signed_certificate->der, signed_certificate->der_len };
	ca->chain = chain;
	ca->chain_count = ca_chain_below(parent, chain);
	bool recorded = ca_record(change->tx, signed_certificate, err) &&
			new_ca_insert(call, change, ca, ret, err);
	ca->chain = NULL; /* it ends with this call */
	return recorded;
}

/* Up to, not including, the commit: until then the key can be taken back. */
static bool make(const struct call *call, const struct ca_plan *plan, struct new_ca *ca,
		 const struct public_key *key, struct change *change, json_t **ret,
		 struct error *err)
{
	CLEANUP(certificate_done) struct certificate signed_certificate = { 0 };
	const struct issue issue = {
		.purpose = PURPOSE_CA,
		.issuer = plan->parent,
		.key_name = ca->key_name,
		.signature = plan->signature,
		.subject = plan->subject,
		.subject_der = plan->subject_der,
		.key = key,
		.validity_seconds = plan->validity_seconds,
		.path_len = plan->path_len,
		.name_constraints = plan->name_constraints,
	};

	return issue_certificate(call, &issue, &signed_certificate, err) &&
	       change_begin(call, change, err) &&
	       record(call, change, plan, ca, &signed_certificate, ret, err);
}

bool ca_make(const struct call *call, const struct ca_plan *plan, json_t **ret, struct error *err)
{
	CLEANUP(public_key_freep) struct public_key *public_key = NULL;
	CLEANUP(change_done) struct change change = { 0 };
	struct new_ca ca = { .name = plan->name,
			     .signature = plan->signature,
			     .trust = plan->trust };
	json_auto_t *reply = NULL;

	if (!check_signature(plan, err) ||
	    !new_ca_make_key(call, plan->key, plan->key_store, &ca, &public_key, err))
		return false;
	if (!make(call, plan, &ca, public_key, &change, &reply, err)) {
		signer_remove(call->manage->signer, ca.key_name);
		return false;
	}
	if (!store_commit(TAKE(change.tx), err))
		return false;
	*ret = TAKE(reply);
	return true;
}

/* -- as the request says -- */

static bool fill_subtrees(const json_t *list, const char *texts[NAME_SUBTREES_MAX],
			  struct name_subtrees *ret, struct error *err)
{
	size_t count = json_array_size(list);

	if (count > NAME_SUBTREES_MAX)
		return error_set(err, REASON_INVALID, "at most %d name constraints each way",
				 NAME_SUBTREES_MAX);
	for (size_t i = 0; i < count; i++)
		texts[i] = json_string_value(json_array_get(list, i));
	*ret = (struct name_subtrees){ texts, count };
	return true;
}

bool params_name_constraints(const json_t *params, struct buffer *ret, struct error *err)
{
	const char *permitted_texts[NAME_SUBTREES_MAX], *excluded_texts[NAME_SUBTREES_MAX];
	struct name_subtrees permitted, excluded;

	return fill_subtrees(param_list(params, "permitted"), permitted_texts, &permitted, err) &&
	       fill_subtrees(param_list(params, "excluded"), excluded_texts, &excluded, err) &&
	       name_constraints_encode(&permitted, &excluded, ret, err);
}

static bool check_request(const struct call *call, struct name *ret_subject, struct error *err)
{
	const char *parent_name = param_text(call->params, "parent");
	const struct ca *parent;

	if (!new_ca_check_name(call, param_text(call->params, "name"), err) ||
	    !name_from_text(param_text(call->params, "subject"), ret_subject, err))
		return false;
	if (ret_subject->count == 0)
		return error_set(err, REASON_INVALID, "params.subject: a CA needs a name");
	if (param_number(call->params, "path_len", 0) > CHAIN_DEPTH_MAX)
		return error_set(err, REASON_INVALID, "params.path_len: at most %d",
				 CHAIN_DEPTH_MAX);
	return !parent_name || find_ca(call->catalog, call->account, parent_name, &parent, err);
}

bool ca_create(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(name_done) struct name subject = { 0 };
	CLEANUP(buffer_done) struct buffer constraints = { 0 };
	const char *parent = param_text(call->params, "parent");

	if (!check_request(call, &subject, err) ||
	    !params_name_constraints(call->params, &constraints, err))
		return false;

	const struct ca_plan plan = {
		.name = param_text(call->params, "name"),
		.parent = parent,
		.key = param_text(call->params, "key"),
		.key_store = param_text(call->params, "key_store"),
		.signature = param_text(call->params, "signature"),
		.subject = &subject,
		.validity_seconds = param_duration(call->params, "validity", CA_VALIDITY_DEFAULT),
		/* an issuing CA has no CA below it unless somebody says so */
		.path_len = (int)param_number(call->params, "path_len", parent ? 0 : -1),
		.name_constraints = buffer_view(&constraints),
		.trust = param_flag(call->params, "trust"),
	};
	return ca_make(call, &plan, ret, err);
}
