/* Certification authorities: what there is, and in which state. */
#include "manage/verb_ca.h"

#include <inttypes.h>
#include <string.h>

#include "manage/change.h"
#include "manage/describe.h"
#include "pki/chain.h"
#include "pki/bundle.h"
#include "store/store_ca_request.h"
#include "store/store_config.h"

/* A list that lacks a CA for want of memory would mislead. */
static bool add_request(void *context, const struct ca_request *request)
{
	return json_array_append_new(context, ca_describe_request(request)) == 0;
}

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *cas = json_array();

	for (size_t i = 0; i < call->catalog->ca_count; i++) {
		const struct ca *ca = &call->catalog->cas[i];

		if (ca->account_id == call->account->id &&
		    json_array_append_new(cas, describe_ca(ca, call->catalog)) != 0)
			return error_set(err, REASON_NO_MEMORY, "CAs");
	}
	return store_ca_request_list(call->manage->store, call->account->id, add_request, cas,
				     err) &&
	       call_return(json_pack("{s:O}", "cas", cas), ret, err);
}

static bool find_request(const struct call *call, struct ca_request *ret)
{
	return store_ca_request_find(call->manage->store, call->account->id,
				     param_text(call->params, "name"), ret, NULL);
}

static bool show(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(ca_request_done) struct ca_request request = { 0 };
	const char *name = param_text(call->params, "name");
	const struct ca *ca = catalog_ca_by_name(call->catalog, call->account->id, name);

	if (!ca && find_request(call, &request))
		return call_return(json_pack("{s:o}", "ca", ca_describe_request(&request)), ret,
				   err);
	return find_ca(call->catalog, call->account, name, &ca, err) &&
	       call_return(json_pack("{s:o}", "ca", describe_ca(ca, call->catalog)), ret, err);
}

/* Of a CA that waits for its certificate there is the request. */
static bool export_request(const struct ca_request *request, json_t **ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer pem = { 0 };

	pem_encode("CERTIFICATE REQUEST", buffer_view(&request->csr), &pem);
	if (!buffer_ok(&pem))
		return error_set(err, REASON_NO_MEMORY, "CSR");
	return call_return(json_pack("{s:o}", "pem", json_stringn((const char *)pem.data, pem.len)),
			   ret, err);
}

static bool export(const struct call *call, json_t **ret, struct error *err)
{
	const struct ca *ca;
	struct bytes certs[1 + CHAIN_DEPTH_MAX];
	size_t count = 1;
	CLEANUP(ca_request_done) struct ca_request request = { 0 };

	if (find_request(call, &request) &&
	    (param_flag(call->params, "request") || request.ca_id == 0))
		return export_request(&request, ret, err);
	if (param_flag(call->params, "request"))
		return error_set(err, REASON_NOT_FOUND, "no CA %s waits for a certificate",
				 param_text(call->params, "name"));
	if (!find_ca(call->catalog, call->account, param_text(call->params, "name"), &ca, err))
		return false;
	certs[0] = cert_der(ca->cert);
	if (param_flag(call->params, "chain"))
		for (size_t i = 0; i < ca->chain_count && count < ARRAY_LEN(certs); i++)
			certs[count++] = cert_der(ca->chain[i]);
	return call_return(json_pack("{s:o}", "pem", describe_pem(certs, count)), ret, err);
}

static const struct param create_params[] = {
	{ "name", PARAM_TEXT, true },          { "subject", PARAM_TEXT, true },
	{ "key", PARAM_TEXT, false },          { "key_store", PARAM_TEXT, false },
	{ "signature", PARAM_TEXT, false },    { "parent", PARAM_TEXT, false },
	{ "validity", PARAM_DURATION, false }, { "path_len", PARAM_NUMBER, false },
	{ "permitted", PARAM_TEXTS, false },   { "excluded", PARAM_TEXTS, false },
	{ "trust", PARAM_FLAG, false },        { 0 },
};
static const struct param import_params[] = {
	{ "name", PARAM_TEXT, true },          { "file", PARAM_FILE, false },
	{ "passphrase", PARAM_SECRET, false }, { "token_key", PARAM_TEXT, false },
	{ "trust", PARAM_FLAG, false },        { 0 },
};
static const struct param set_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "signature", PARAM_TEXT, true },
	{ 0 },
};
static const struct param name_params[] = {
	{ "name", PARAM_TEXT, true },
	{ 0 },
};
static const struct param export_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "chain", PARAM_FLAG, false },
	{ "request", PARAM_FLAG, false },
	{ 0 },
};
static const struct param request_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "subject", PARAM_TEXT, false },
	{ "key", PARAM_TEXT, false },
	{ "key_store", PARAM_TEXT, false },
	{ "path_len", PARAM_NUMBER, false },
	{ "permitted", PARAM_TEXTS, false },
	{ "excluded", PARAM_TEXTS, false },
	{ "renew", PARAM_FLAG, false },
	{ 0 },
};
static const struct param certificate_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "file", PARAM_FILE, true },
	{ "trust", PARAM_FLAG, false },
	{ 0 },
};
static const struct param sign_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "csr", PARAM_FILE, true },
	{ "validity", PARAM_DURATION, false },
	{ "path_len", PARAM_NUMBER, false },
	{ "permitted", PARAM_TEXTS, false },
	{ "excluded", PARAM_TEXTS, false },
	{ "key_id", PARAM_TEXT, false },
	{ "dry_run", PARAM_FLAG, false },
	{ 0 },
};
static const struct param renew_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "validity", PARAM_DURATION, false },
	{ 0 },
};
static const struct param state_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "confirm", PARAM_TEXT, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "ca.create", ca_create, REACH_ACCOUNT, true, create_params },
	{ "ca.import", ca_import, REACH_ACCOUNT, true, import_params },
	{ "ca.list", list, REACH_ACCOUNT, false, NULL },
	{ "ca.set", ca_set, REACH_ACCOUNT, true, set_params },
	{ "ca.show", show, REACH_ACCOUNT, false, name_params },
	{ "ca.export", export, REACH_ACCOUNT, false, export_params },
	{ "ca.request", ca_request, REACH_ACCOUNT, true, request_params },
	{ "ca.certificate", ca_certificate, REACH_ACCOUNT, true, certificate_params },
	{ "ca.cancel", ca_cancel, REACH_ACCOUNT, true, name_params },
	{ "ca.sign", ca_sign_other, REACH_ACCOUNT, true, sign_params },
	{ "ca.renew", ca_renew, REACH_ACCOUNT, true, renew_params },
	{ "ca.retire", ca_retire, REACH_ACCOUNT, true, state_params },
	{ "ca.disable", ca_disable, REACH_ACCOUNT, true, state_params },
	{ "ca.activate", ca_activate, REACH_ACCOUNT, true, state_params },
};
const struct verb_table ca_verbs = { verbs, ARRAY_LEN(verbs) };
