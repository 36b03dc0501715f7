/* RA certificates: client certificates with id-kp-cmcRA, with which a proxy speaks for devices. */
#include <string.h>

#include "manage/change.h"
#include "manage/describe.h"
#include "manage/ra_scope.h"
#include "manage/revocation.h"
#include "manage/verb_ra_admit.h"
#include "manage/verb_ra_enroll.h"
#include "manage/verb_ra_rotate.h"
#include "store/store_certificate.h"
#include "store/store_config.h"

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *scopes = json_array();

	for (size_t i = 0; i < call->catalog->ra_scope_count; i++) {
		const struct ra_scope *scope = &call->catalog->ra_scopes[i];
		json_t *described;

		if (scope->account_id != call->account->id)
			continue;
		if (!ra_scope_describe(call, call->catalog, scope, &described, err))
			return false;
		if (json_array_append_new(scopes, described) != 0)
			return error_set(err, REASON_NO_MEMORY, "RA certificates");
	}
	return call_return(json_pack("{s:O}", "ras", scopes), ret, err);
}

static bool show(const struct call *call, json_t **ret, struct error *err)
{
	const struct ra_scope *scope;
	json_t *described;

	return find_ra_scope(call->catalog, call->account, param_text(call->params, "name"), &scope,
			     err) &&
	       ra_scope_describe(call, call->catalog, scope, &described, err) &&
	       call_return(json_pack("{s:o}", "ra", described), ret, err);
}

static bool set(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(freep) int64_t *profile_ids = NULL;
	const char *name = param_text(call->params, "name");
	const struct ra_scope *scope;
	json_auto_t *described = NULL;

	if (!change_begin(call, &change, err) ||
	    !find_ra_scope(change.catalog, change.account, name, &scope, err))
		return false;

	struct ra_scope after = *scope;
	json_auto_t *before = ra_scope_describe_reach(scope, change.catalog);
	if (!ra_scope_read(call, &change, &after, &profile_ids, err) ||
	    !ra_scope_describe(call, change.catalog, &after, &described, err) ||
	    !store_ra_scope_update(change.tx, &after, err))
		return false;
	return change_commit(
		call, &change,
		(struct change_note){ "ra", name, json_incref(before),
				      ra_scope_describe_reach(&after, change.catalog) },
		json_pack("{s:O}", "ra", described), ret, err);
}

/* Those that it was rotated from end with it; or they alone. */
static bool revoke_certificates(const struct call *call, const struct change *change,
				const struct ra_scope *scope, enum revocation_reason reason,
				struct error *err)
{
	for (size_t i = 0; i < scope->former_count; i++)
		if (!store_certificate_revoke(change->tx, scope->former_ids[i], reason, call->now,
					      0, err))
			return false;
	return param_flag(call->params, "former") ||
	       store_certificate_revoke(change->tx, scope->certificate_id, reason, call->now, 0,
					err);
}

static json_t *revocation_note(const struct call *call, enum revocation_reason reason)
{
	return json_pack("{s:s, s:b}", "reason", revocation_reason_text(reason), "former",
			 param_flag(call->params, "former"));
}

static bool revoke(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	const char *name = param_text(call->params, "name");
	enum revocation_reason reason;
	const struct ra_scope *scope;

	return revocation_reason_read(call, &reason, err) && change_begin(call, &change, err) &&
	       find_ra_scope(change.catalog, change.account, name, &scope, err) &&
	       revoke_certificates(call, &change, scope, reason, err) &&
	       change_commit(call, &change,
			     (struct change_note){ "ra", name, json_null(),
						   revocation_note(call, reason) },
			     json_pack("{s:o, s:s, s:b}", "revoked", describe_text(name), "reason",
				       revocation_reason_text(reason), "former",
				       param_flag(call->params, "former")),
			     ret, err);
}

static const struct param enroll_params[] = {
	{ "name", PARAM_TEXT, true },          { "ca", PARAM_TEXT, true },
	{ "profiles", PARAM_TEXTS, false },    { "all_profiles", PARAM_FLAG, false },
	{ "subject", PARAM_TEXT, false },      { "csr", PARAM_FILE, false },
	{ "key", PARAM_TEXT, false },          { "passphrase", PARAM_SECRET, false },
	{ "validity", PARAM_DURATION, false }, { 0 },
};
static const struct param admit_params[] = {
	{ "name", PARAM_TEXT, true },          { "serial", PARAM_TEXT, true },
	{ "ca", PARAM_TEXT, false },           { "profiles", PARAM_TEXTS, false },
	{ "all_profiles", PARAM_FLAG, false }, { 0 },
};
static const struct param set_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "profiles", PARAM_TEXTS, false },
	{ "all_profiles", PARAM_FLAG, false },
	{ 0 },
};
static const struct param name_params[] = {
	{ "name", PARAM_TEXT, true },
	{ 0 },
};
static const struct param revoke_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "reason", PARAM_TEXT, false },
	{ "former", PARAM_FLAG, false },
	{ 0 },
};
static const struct param rotate_params[] = {
	{ "name", PARAM_TEXT, true },          { "ca", PARAM_TEXT, false },
	{ "csr", PARAM_FILE, false },          { "key", PARAM_TEXT, false },
	{ "passphrase", PARAM_SECRET, false }, { "validity", PARAM_DURATION, false },
	{ "overlap", PARAM_SPAN, false },      { 0 },
};

static const struct verb verbs[] = {
	{ "ra.enroll", ra_certificate_enroll, REACH_ACCOUNT, true, enroll_params },
	{ "ra.rotate", ra_certificate_rotate, REACH_ACCOUNT, true, rotate_params },
	{ "ra.admit", ra_certificate_admit, REACH_ACCOUNT, true, admit_params },
	{ "ra.list", list, REACH_ACCOUNT, false, NULL },
	{ "ra.show", show, REACH_ACCOUNT, false, name_params },
	{ "ra.set", set, REACH_ACCOUNT, true, set_params },
	{ "ra.revoke", revoke, REACH_ACCOUNT, true, revoke_params },
};
const struct verb_table ra_verbs = { verbs, ARRAY_LEN(verbs) };
