/* A new certificate for a CA's old key: same name, same place, a later end. */
#include <string.h>

#include "ca/ca.h"
#include "manage/change.h"
#include "manage/describe.h"
#include "manage/issue.h"
#include "manage/verb_ca.h"
#include "store/store_config.h"
#include "store/store_rollover.h"

bool ca_check_renewable(const struct ca *ca, struct error *err)
{
	if (ca->revoked)
		return error_set(err, REASON_CONFLICT,
				 "CA %s is revoked; its key must not come back", ca->name);
	if (ca->state == CA_DISABLED)
		return error_set(err, REASON_CONFLICT, "CA %s is disabled", ca->name);
	return true;
}

static bool check_signed_here(const struct ca *ca, struct error *err)
{
	if (ca->parent_id == 0 && ca->chain_count > 0)
		return error_set(err, REASON_CONFLICT,
				 "CA %s was signed elsewhere: bestowctl ca request '%s' --renew",
				 ca->name, ca->name);
	return true;
}

/* As long as the old one was. */
static int64_t validity_of(const struct cert *cert)
{
	return cert_not_after(cert) - cert_not_before(cert);
}

struct bytes cert_name_constraints_der(const struct cert *cert)
{
	const struct extension *extension =
		extensions_find(cert_extensions(cert), oid_name_constraints);

	return extension ? extension->value : (struct bytes){ 0 };
}

static bool issue_again(const struct call *call, const struct ca *ca, struct certificate *ret,
			struct error *err)
{
	const struct ca *parent = catalog_ca(call->catalog, ca->parent_id);
	const struct issue issue = {
		.purpose = PURPOSE_CA,
		.issuer = parent ? parent->name : NULL,
		.key_name = ca->key_name,
		.signature = signature_algorithm_text(ca->signature),
		.subject = cert_subject(ca->cert),
		.subject_der = cert_subject_der(ca->cert),
		.key_id = cert_subject_key_id(ca->cert),
		.key = cert_key(ca->cert),
		.validity_seconds = param_duration(call->params, "validity", validity_of(ca->cert)),
		.path_len = cert_path_len(ca->cert),
		.name_constraints = cert_name_constraints_der(ca->cert),
	};

	return issue_certificate(call, &issue, ret, err);
}

bool ca_replace_cert(struct change *change, const struct ca *ca, struct bytes cert,
		     const struct bytes *chain, size_t chain_count, struct error *err)
{
	bool was_trusted = ca_is_trusted(ca, change->catalog);
	int64_t id;

	return store_ca_renew(change->tx, ca, cert, chain, chain_count, err) &&
	       (!was_trusted ||
		store_anchor_insert(change->tx, change->account->id, ca->id, cert, &id, err));
}

static bool replace(const struct call *call, struct change *change, struct certificate *signed_one,
		    json_t **ret, struct error *err)
{
	const char *name = param_text(call->params, "name");
	struct bytes chain[CHAIN_DEPTH_MAX];
	const struct ca *ca;

	if (!find_ca(change->catalog, change->account, name, &ca, err))
		return false;

	json_auto_t *before = describe_ca(ca, change->catalog);
	int64_t id = ca->id;
	size_t count = ca_chain_below(catalog_ca(change->catalog, ca->parent_id), chain);
	if (!ca_record(change->tx, signed_one, err) ||
	    !ca_replace_cert(change, ca, (struct bytes){ signed_one->der, signed_one->der_len },
			     chain, count, err) ||
	    !change_refresh(change, err))
		return false;

	json_auto_t *after = describe_ca(catalog_ca(change->catalog, id), change->catalog);
	return change_commit(
		call, change,
		(struct change_note){ "ca", name, json_incref(before), json_incref(after) },
		json_pack("{s:O}", "ca", after), ret, err);
}

bool ca_renew(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(certificate_done) struct certificate signed_one = { 0 };
	CLEANUP(change_done) struct change change = { 0 };
	const struct ca *ca;

	return find_ca(call->catalog, call->account, param_text(call->params, "name"), &ca, err) &&
	       ca_check_renewable(ca, err) && check_signed_here(ca, err) &&
	       issue_again(call, ca, &signed_one, err) && change_begin(call, &change, err) &&
	       replace(call, &change, &signed_one, ret, err);
}
