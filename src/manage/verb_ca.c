/* Certification authorities: what there is, and in which state. */
#include "manage/verb_ca.h"

#include <inttypes.h>
#include <string.h>

#include "manage/change.h"
#include "manage/describe.h"
#include "pki/chain.h"
#include "store/store_config.h"

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *cas = json_array();

	for (size_t i = 0; i < call->catalog->ca_count; i++) {
		const struct ca *ca = &call->catalog->cas[i];

		if (ca->account_id == call->account->id &&
		    json_array_append_new(cas, describe_ca(ca, call->catalog)) != 0)
			return error_set(err, REASON_NO_MEMORY, "CAs");
	}
	return call_return(json_pack("{s:O}", "cas", cas), ret, err);
}

static bool show(const struct call *call, json_t **ret, struct error *err)
{
	const struct ca *ca;

	return find_ca(call->catalog, call->account, param_text(call->params, "name"), &ca, err) &&
	       call_return(json_pack("{s:o}", "ca", describe_ca(ca, call->catalog)), ret, err);
}

static bool export(const struct call *call, json_t **ret, struct error *err)
{
	const struct ca *ca;
	struct bytes certs[1 + CHAIN_DEPTH_MAX];
	size_t count = 1;

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
	{ "ca.renew", ca_renew, REACH_ACCOUNT, true, renew_params },
	{ "ca.retire", ca_retire, REACH_ACCOUNT, true, state_params },
	{ "ca.disable", ca_disable, REACH_ACCOUNT, true, state_params },
	{ "ca.activate", ca_activate, REACH_ACCOUNT, true, state_params },
};
const struct verb_table ca_verbs = { verbs, ARRAY_LEN(verbs) };
