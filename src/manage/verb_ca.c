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

static size_t count_profiles_issuing(const struct catalog *catalog, const struct ca *ca)
{
	size_t count = 0;

	for (size_t i = 0; i < catalog->profile_count; i++)
		count += catalog->profiles[i]->ca_id == ca->id &&
			 catalog->profiles[i]->state == PROFILE_ACTIVE;
	return count;
}

/* Active profiles that issue from the CA would answer every device with a refusal. */
static bool check_confirmed(const struct call *call, const struct change *change,
			    const struct ca *ca, enum ca_state state, struct error *err)
{
	size_t profiles = count_profiles_issuing(change->catalog, ca);
	const char *confirm = param_text(call->params, "confirm");

	if (state == CA_ACTIVE || profiles == 0 || (confirm && strcmp(confirm, ca->name) == 0))
		return true;
	return error_set(err, REASON_NEEDS_CONFIRMATION,
			 "%zu active profile%s issue%s from it and will refuse every device; "
			 "--confirm='%s'",
			 profiles, profiles == 1 ? "" : "s", profiles == 1 ? "s" : "", ca->name);
}

static bool check_not_expired(const struct call *call, const struct ca *ca, enum ca_state state,
			      struct error *err)
{
	if (state == CA_ACTIVE && cert_not_after(ca->cert) < call->now)
		return error_set(err, REASON_CA_EXPIRED, "CA %s", ca->name);
	return true;
}

static bool set_state(const struct call *call, enum ca_state state, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	const char *name = param_text(call->params, "name");
	const struct ca *ca;

	if (!change_begin(call, &change, err) ||
	    !find_ca(change.catalog, change.account, name, &ca, err) ||
	    !check_not_expired(call, ca, state, err) ||
	    !check_confirmed(call, &change, ca, state, err))
		return false;

	struct ca after = *ca;
	after.state = state;
	json_auto_t *described = describe_ca(&after, change.catalog);
	return store_ca_set_state(change.tx, change.account->id, ca->id, state, err) &&
	       change_commit(call, &change,
			     (struct change_note){ "ca", name, describe_ca(ca, change.catalog),
						   json_incref(described) },
			     json_pack("{s:O}", "ca", described), ret, err);
}

static bool retire(const struct call *call, json_t **ret, struct error *err)
{
	return set_state(call, CA_RETIRED, ret, err);
}

static bool disable(const struct call *call, json_t **ret, struct error *err)
{
	return set_state(call, CA_DISABLED, ret, err);
}

static bool activate(const struct call *call, json_t **ret, struct error *err)
{
	return set_state(call, CA_ACTIVE, ret, err);
}

static const struct param create_params[] = {
	{ "name", PARAM_TEXT, true },          { "subject", PARAM_TEXT, true },
	{ "key", PARAM_TEXT, false },          { "parent", PARAM_TEXT, false },
	{ "validity", PARAM_DURATION, false }, { "path_len", PARAM_NUMBER, false },
	{ "trust", PARAM_FLAG, false },        { 0 },
};
static const struct param import_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "file", PARAM_FILE, true },
	{ "passphrase", PARAM_SECRET, false },
	{ "trust", PARAM_FLAG, false },
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
static const struct param state_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "confirm", PARAM_TEXT, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "ca.create", ca_create, REACH_ACCOUNT, true, create_params },
	{ "ca.import", ca_import, REACH_ACCOUNT, true, import_params },
	{ "ca.list", list, REACH_ACCOUNT, false, NULL },
	{ "ca.show", show, REACH_ACCOUNT, false, name_params },
	{ "ca.export", export, REACH_ACCOUNT, false, export_params },
	{ "ca.retire", retire, REACH_ACCOUNT, true, state_params },
	{ "ca.disable", disable, REACH_ACCOUNT, true, state_params },
	{ "ca.activate", activate, REACH_ACCOUNT, true, state_params },
};
const struct verb_table ca_verbs = { verbs, ARRAY_LEN(verbs) };
