/* The CRLs of an account's CAs. */
#include "ca/crl_issuer.h"
#include "manage/change.h"
#include "manage/crl_import.h"
#include "manage/describe.h"
#include "model/publication.h"
#include "store/store_crl.h"

#define EXPORT_MAX (8 * 1024 * 1024) /* what fits an answer; larger ones are fetched by HTTP */

static json_t *url_of(const struct call *call, const struct ca *ca, enum crl_kind kind)
{
	char url[PUBLICATION_URL_MAX];
	enum publication_kind published = kind == CRL_DELTA ? PUBLICATION_DELTA : PUBLICATION_CRL;

	if (!call->manage->va_url ||
	    !publication_url(call->manage->va_url, ca->cert, published, url))
		return json_null();
	return json_string(url);
}

static json_t *describe(const struct call *call, const struct ca *ca, const struct crl *crl)
{
	return json_pack("{s:s, s:s, s:I, s:o, s:o, s:I, s:I, s:b, s:o}", "ca", ca->name, "kind",
			 crl_kind_text(crl->kind), "number", (json_int_t)crl->number, "this_update",
			 describe_time(crl->this_update), "next_update",
			 describe_time(crl->next_update), "entries", (json_int_t)crl->entries,
			 "base_number", (json_int_t)crl->base_number, "overdue",
			 call->now > crl->next_update, "url", url_of(call, ca, crl->kind));
}

/* Nothing is added where there is no CRL of that kind. */
static bool add(const struct call *call, const struct ca *ca, enum crl_kind kind, json_t *to,
		struct error *err)
{
	CLEANUP(crl_done) struct crl crl = { 0 };
	struct error missing = { 0 };

	if (!store_crl_find(call->manage->store, ca->id, kind, false, &crl, &missing)) {
		if (missing.reason == REASON_NOT_FOUND)
			return true;
		*err = missing;
		return false;
	}
	return json_array_append_new(to, describe(call, ca, &crl)) == 0 ||
	       error_set(err, REASON_NO_MEMORY, "CRLs");
}

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *crls = json_array();

	for (size_t i = 0; i < call->catalog->ca_count; i++) {
		const struct ca *ca = &call->catalog->cas[i];
		if (ca->account_id != call->account->id)
			continue;
		if (!add(call, ca, CRL_FULL, crls, err) || !add(call, ca, CRL_DELTA, crls, err))
			return false;
	}
	return call_return(json_pack("{s:O}", "crls", crls), ret, err);
}

static bool issue(const struct call *call, json_t **ret, struct error *err)
{
	struct crl crl = { 0 };
	const struct ca *ca;

	if (!find_ca(call->catalog, call->account, param_text(call->params, "ca"), &ca, err) ||
	    !crl_issuer_issue(call->manage->crls, ca, call->actor, &crl, err))
		return false;
	return call_return(json_pack("{s:o}", "crl", describe(call, ca, &crl)), ret, err);
}

static bool export(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(crl_done) struct crl crl = { 0 };
	enum crl_kind kind = param_flag(call->params, "delta") ? CRL_DELTA : CRL_FULL;
	const struct ca *ca;

	if (!find_ca(call->catalog, call->account, param_text(call->params, "ca"), &ca, err))
		return false;
	if (!store_crl_find(call->manage->store, ca->id, kind, true, &crl, err))
		return error_set(err, REASON_NOT_FOUND, "a %s CRL of %s", crl_kind_text(kind),
				 ca->name);
	if (crl.der.len > EXPORT_MAX)
		return error_set(err, REASON_TOO_LARGE,
				 "the CRL has %zu octets: fetch it from its URL", crl.der.len);
	return call_return(json_pack("{s:o, s:o}", "crl", describe(call, ca, &crl), "der",
				     describe_base64(buffer_view(&crl.der))),
			   ret, err);
}

static const struct param no_params[] = { { 0 } };
static const struct param issue_params[] = { { "ca", PARAM_TEXT, true }, { 0 } };
static const struct param export_params[] = {
	{ "ca", PARAM_TEXT, true },
	{ "delta", PARAM_FLAG, false },
	{ 0 },
};
static const struct param import_params[] = { { "file", PARAM_FILE, true }, { 0 } };

/* crl.issue writes its own audit entry and tells the edges itself. */
static const struct verb verbs[] = {
	{ "crl.list", list, REACH_ACCOUNT, false, no_params },
	{ "crl.issue", issue, REACH_ACCOUNT, false, issue_params },
	{ "crl.export", export, REACH_ACCOUNT, false, export_params },
	{ "crl.import", crl_import, REACH_ACCOUNT, false, import_params },
};
const struct verb_table crl_verbs = { verbs, ARRAY_LEN(verbs) };
