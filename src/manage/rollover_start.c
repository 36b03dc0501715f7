/* The beginning of a rollover: the new CA, the cross certificates of two roots, and trust in the
 * new one. */
#include <string.h>

#include "ca/ca.h"
#include "manage/describe.h"
#include "manage/issue.h"
#include "manage/rollover.h"
#include "manage/verb_ca.h"
#include "store/store_config.h"
#include "store/store_rollover.h"

/* -- the new CA -- */

/* The old CA's issuer, or the CA that took its place meanwhile. */
static bool find_parent(const struct call *call, const struct ca *old, const char **ret,
			struct error *err)
{
	const struct ca *parent = catalog_ca(call->catalog, old->parent_id);
	const char *asked = param_text(call->params, "parent");

	*ret = asked;
	if (asked || old->chain_count == 0)
		return true;
	if (!parent)
		return error_set(err, REASON_CONFLICT,
				 "CA %s was signed elsewhere: get the new one with bestowctl ca "
				 "request, then start with --existing",
				 old->name);
	for (size_t i = 0; i < call->catalog->rollover_count; i++)
		if (call->catalog->rollovers[i].old_ca_id == parent->id)
			parent = catalog_ca(call->catalog, call->catalog->rollovers[i].new_ca_id);
	*ret = parent->name;
	return true;
}

static void key_of(const struct ca *old, char into[32])
{
	json_auto_t *text = describe_key(cert_key(old->cert));

	snprintf(into, 32, "%s", text ? json_string_value(text) : "");
}

/* As the old one was, where the request says nothing else. RFC 4210 4.4: under the same name. */
static bool make_successor(const struct call *call, const struct ca *old, struct error *err)
{
	const char *subject_text = param_text(call->params, "subject");
	const char *key = param_text(call->params, "key");
	const char *key_store = param_text(call->params, "key_store");
	CLEANUP(name_done) struct name subject = { 0 };
	json_auto_t *made = NULL;
	char same_key[32];
	struct ca_plan plan = {
		.name = param_text(call->params, "successor"),
		.key = key ? key : same_key,
		.key_store = key_store ? key_store : key_place_text(key_place_of(old->key_name)),
		.subject = cert_subject(old->cert),
		.subject_der = cert_subject_der(old->cert),
		.validity_seconds =
			param_duration(call->params, "validity",
				       cert_not_after(old->cert) - cert_not_before(old->cert)),
		.path_len = cert_path_len(old->cert),
		.name_constraints = cert_name_constraints_der(old->cert),
	};

	/* a key of another kind may not sign as the old one did */
	if (!key)
		plan.signature = signature_algorithm_text(old->signature);
	key_of(old, same_key);
	if (!new_ca_check_name(call, plan.name, err) || !find_parent(call, old, &plan.parent, err))
		return false;
	if (subject_text) {
		if (!name_from_text(subject_text, &subject, err))
			return false;
		plan.subject = &subject;
		plan.subject_der = (struct bytes){ 0 };
	}
	return ca_make(call, &plan, &made, err);
}

/* -- both -- */

struct pair {
	const struct ca *old, *new;
};

static bool find_pair(const struct call *call, const struct catalog *catalog, struct pair *ret,
		      struct error *err)
{
	return find_ca(catalog, call->account, param_text(call->params, "name"), &ret->old, err) &&
	       find_ca(catalog, call->account, param_text(call->params, "successor"), &ret->new,
		       err);
}

static bool is_root(const struct ca *ca)
{
	return ca->chain_count == 0;
}

static bool check_old(const struct catalog *catalog, const struct ca *old, struct error *err)
{
	const struct ca_rollover *under_way = catalog_rollover_of(catalog, old->id);

	if (under_way) {
		const struct ca *new = catalog_ca(catalog, under_way->new_ca_id);

		return error_set(err, REASON_CONFLICT, "CA %s is being replaced by %s already",
				 old->name, new ? new->name : "another");
	}
	/* its signature stands on the cross certificate */
	if (is_root(old) && (old->state != CA_ACTIVE || old->revoked))
		return error_set(err, REASON_CONFLICT, "the root %s is %s", old->name,
				 old->revoked ? "revoked" : ca_state_text(old->state));
	return true;
}

static bool check_pair(const struct catalog *catalog, const struct pair *pair, struct error *err)
{
	if (pair->new->state != CA_ACTIVE || pair->new->revoked)
		return error_set(err, REASON_CONFLICT, "CA %s is not active", pair->new->name);
	if (catalog_rollover_of(catalog, pair->new->id))
		return error_set(err, REASON_CONFLICT, "CA %s is being replaced itself",
				 pair->new->name);
	if (is_root(pair->old) != is_root(pair->new))
		return error_set(err, REASON_INVALID, "a root takes the place of a root only");
	if (memcmp(cert_key_hash(pair->old->cert), cert_key_hash(pair->new->cert), KEY_HASH_LEN) ==
	    0)
		return error_set(err, REASON_INVALID,
				 "both have one key: bestowctl ca renew replaces a certificate");
	return check_old(catalog, pair->old, err);
}

/* -- cross certificates -- */

/* RFC 4210 4.4: `subject`'s name and key, signed by `issuer`, until the first of both ends. */
static bool cross_certify(const struct call *call, const struct ca *issuer,
			  const struct ca *subject, struct certificate *ret, struct error *err)
{
	const struct issue issue = {
		.purpose = PURPOSE_CA,
		.issuer = issuer->name,
		.subject = cert_subject(subject->cert),
		.subject_der = cert_subject_der(subject->cert),
		.key_id = cert_subject_key_id(subject->cert),
		.key = cert_key(subject->cert),
		.validity_seconds = cert_not_after(subject->cert) - call->now + 1,
		.path_len = cert_path_len(subject->cert),
		.name_constraints = cert_name_constraints_der(subject->cert),
	};

	if (!issue.key)
		return error_set(err, REASON_CA_UNAVAILABLE, "the key of CA %s is unsound",
				 subject->name);
	return issue_certificate(call, &issue, ret, err);
}

struct crosses {
	struct certificate old_with_new, new_with_old;
};

static void crosses_done(struct crosses *crosses)
{
	certificate_done(&crosses->old_with_new);
	certificate_done(&crosses->new_with_old);
}

static bool make_crosses(const struct call *call, const struct pair *pair, struct crosses *ret,
			 struct error *err)
{
	return !is_root(pair->old) ||
	       (cross_certify(call, pair->old, pair->new, &ret->new_with_old, err) &&
		cross_certify(call, pair->new, pair->old, &ret->old_with_new, err));
}

static struct bytes der_of(const struct certificate *certificate)
{
	return (struct bytes){ certificate->der, certificate->der_len };
}

/* -- the record -- */

static bool insert(const struct call *call, struct change *change, const struct pair *pair,
		   struct crosses *crosses, int64_t *ret_id, struct error *err)
{
	const struct store_rollover rollover = {
		.account_id = change->account->id,
		.old_ca_id = pair->old->id,
		.new_ca_id = pair->new->id,
		.started = call->now,
		.old_with_new = der_of(&crosses->old_with_new),
		.new_with_old = der_of(&crosses->new_with_old),
	};

	return (!is_root(pair->old) || (ca_record(change->tx, &crosses->new_with_old, err) &&
					ca_record(change->tx, &crosses->old_with_new, err))) &&
	       store_rollover_insert(change->tx, &rollover, ret_id, err);
}

/* EST authentication knows both: what the new CA issues must be able to renew. */
static bool trust_new(const struct call *call, const struct change *change, const struct pair *pair,
		      struct error *err)
{
	int64_t id;

	if (param_flag(call->params, "no_trust") || !ca_is_trusted(pair->old, change->catalog) ||
	    ca_is_trusted(pair->new, change->catalog))
		return true;
	return store_anchor_insert(change->tx, change->account->id, pair->new->id,
				   cert_der(pair->new->cert), &id, err);
}

static const struct ca_rollover *find_by_id(const struct catalog *catalog, int64_t id)
{
	for (size_t i = 0; i < catalog->rollover_count; i++)
		if (catalog->rollovers[i].id == id)
			return &catalog->rollovers[i];
	return NULL;
}

static bool record(const struct call *call, struct crosses *crosses, json_t **ret,
		   struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	json_auto_t *described = NULL;
	struct pair pair;
	int64_t id = 0;

	if (!change_begin(call, &change, err) || !find_pair(call, change.catalog, &pair, err) ||
	    !check_pair(change.catalog, &pair, err) ||
	    !insert(call, &change, &pair, crosses, &id, err) ||
	    !trust_new(call, &change, &pair, err) || !change_refresh(&change, err) ||
	    !rollover_describe(call, change.catalog, find_by_id(change.catalog, id), &described,
			       err))
		return false;

	json_t *reply = json_pack("{s:O, s:o}", "rollover", described, "warnings",
				  rollover_warnings(change.catalog, change.account));
	return change_commit(call, &change,
			     (struct change_note){ "ca", param_text(call->params, "name"),
						   json_null(), json_incref(described) },
			     reply, ret, err);
}

/* The new CA, if one is made, is durable before the rest is begun: what fails then can be begun
 * anew with the CA that is there. */
static bool begin(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(catalog_unrefp) struct catalog *catalog = NULL;
	CLEANUP(crosses_done) struct crosses crosses = { 0 };
	struct pair pair;

	return store_catalog_load(call->manage->store, &catalog, err) &&
	       find_pair(call, catalog, &pair, err) && check_pair(catalog, &pair, err) &&
	       make_crosses(call, &pair, &crosses, err) && record(call, &crosses, ret, err);
}

bool rollover_start(const struct call *call, json_t **ret, struct error *err)
{
	const struct ca *old;

	if (!find_ca(call->catalog, call->account, param_text(call->params, "name"), &old, err) ||
	    !check_old(call->catalog, old, err))
		return false;
	if (!param_flag(call->params, "existing") && !make_successor(call, old, err))
		return false;
	return begin(call, ret, err);
}
