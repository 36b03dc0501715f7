/* A rollover from its beginning to its end. */
#include <stdio.h>
#include <string.h>

#include "manage/describe.h"
#include "manage/rollover.h"
#include "model/profile_json.h"
#include "policy/policy.h"
#include "store/store_config.h"
#include "store/store_rollover.h"

/* -- looking -- */

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *rollovers = json_array();

	for (size_t i = 0; i < call->catalog->rollover_count; i++) {
		const struct ca_rollover *rollover = &call->catalog->rollovers[i];
		json_t *described;

		if (rollover->account_id != call->account->id)
			continue;
		if (!rollover_describe(call, call->catalog, rollover, &described, err))
			return false;
		if (json_array_append_new(rollovers, described) != 0)
			return error_set(err, REASON_NO_MEMORY, "rollovers");
	}
	return call_return(json_pack("{s:O}", "rollovers", rollovers), ret, err);
}

static bool show(const struct call *call, json_t **ret, struct error *err)
{
	const struct ca_rollover *rollover;
	json_t *described;

	return rollover_find(call->catalog, call->account, param_text(call->params, "name"),
			     &rollover, err) &&
	       rollover_describe(call, call->catalog, rollover, &described, err) &&
	       call_return(json_pack("{s:o, s:o}", "rollover", described, "warnings",
				     rollover_warnings(call->catalog, call->account)),
			   ret, err);
}

static bool export_crosses(const struct call *call, json_t **ret, struct error *err)
{
	const struct ca_rollover *rollover;

	if (!rollover_find(call->catalog, call->account, param_text(call->params, "name"),
			   &rollover, err))
		return false;
	if (!rollover->old_with_new)
		return error_set(err, REASON_NOT_FOUND, "only two roots have cross certificates");

	const struct bytes certs[] = { cert_der(rollover->old_with_new),
				       cert_der(rollover->new_with_old) };
	return call_return(json_pack("{s:o}", "pem", describe_pem(certs, ARRAY_LEN(certs))), ret,
			   err);
}

/* -- switching profiles -- */

static bool is_asked_for(const struct call *call, const struct profile *profile)
{
	const json_t *names = param_list(call->params, "profiles");
	size_t i;
	json_t *name;

	if (!names)
		return true;
	json_array_foreach((json_t *)names, i, name) if (strcmp(json_string_value(name),
								profile->name) == 0) return true;
	return false;
}

/* A copy of the profile that issues from the other CA. */
static bool switch_profile(const struct call *call, struct change *change,
			   const struct profile *profile, const struct ca *new, struct error *err)
{
	json_auto_t *before = profile_to_json(profile);
	CLEANUP(profile_freep) struct profile *changed = NULL;

	if (!before)
		return error_set(err, REASON_NO_MEMORY, "profile");
	if (!profile_from_json(before, &changed, err))
		return false;
	changed->ca_id = new->id;
	return ca_check_signature(new, changed->signature, err) &&
	       store_profile_update(change->tx, changed, err) &&
	       change_audit(call, change,
			    (struct change_note){ "profile", profile->name, json_incref(before),
						  profile_to_json(changed) },
			    err);
}

static bool switch_profiles(const struct call *call, struct change *change, const struct ca *old,
			    const struct ca *new, json_t *names, struct error *err)
{
	for (size_t i = 0; i < change->catalog->profile_count; i++) {
		const struct profile *profile = change->catalog->profiles[i];

		if (profile->ca_id != old->id || !is_asked_for(call, profile))
			continue;
		if (!switch_profile(call, change, profile, new, err))
			return false;
		if (json_array_append_new(names, describe_text(profile->name)) != 0)
			return error_set(err, REASON_NO_MEMORY, "profiles");
	}
	return true;
}

static bool check_all_were_found(const struct call *call, const struct ca *old, const json_t *names,
				 struct error *err)
{
	size_t asked = json_array_size(param_list(call->params, "profiles"));

	if (json_array_size(names) > 0 && json_array_size(names) >= asked)
		return true;
	return error_set(err, REASON_NOT_FOUND,
			 asked ? "not all of these profiles issue from CA %s"
			       : "no profile issues from CA %s itself; the CAs below it are "
				 "replaced one by one",
			 old->name);
}

static json_t *describe_lint(const struct catalog *catalog, const struct ca *ca, int64_t now)
{
	/* devices' codes are no matter of a CA's */
	const struct lint_context context = { catalog, true, now };
	json_auto_t *warnings = json_array();
	char text[400];

	for (size_t i = 0; i < catalog->profile_count; i++) {
		const struct profile *profile = catalog->profiles[i];

		for (size_t j = 0; profile->ca_id == ca->id &&
				   profile_lint(profile, &context, j, text, sizeof text);
		     j++)
			if (json_array_append_new(warnings, json_sprintf("profile %s: %s",
									 profile->name, text)) != 0)
				return NULL;
	}
	return TAKE(warnings);
}

static bool switch_over(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	const char *name = param_text(call->params, "name");
	const struct ca_rollover *rollover;
	json_auto_t *names = json_array();

	if (!change_begin(call, &change, err) ||
	    !rollover_find(change.catalog, change.account, name, &rollover, err))
		return false;

	const struct ca *old = catalog_ca(change.catalog, rollover->old_ca_id);
	const struct ca *new = catalog_ca(change.catalog, rollover->new_ca_id);
	int64_t new_id = rollover->new_ca_id;
	if (!new || new->state != CA_ACTIVE || new->revoked)
		return error_set(err, REASON_CONFLICT, "the new CA is not active");
	if (!switch_profiles(call, &change, old, new, names, err) ||
	    !check_all_were_found(call, old, names, err) || !change_refresh(&change, err))
		return false;
	new = catalog_ca(change.catalog, new_id);
	return change_commit(
		call, &change, (struct change_note){ "ca", name, json_null(), json_incref(names) },
		json_pack("{s:O, s:o, s:o}", "profiles", names, "new", describe_text(new->name),
			  "warnings", describe_lint(change.catalog, new, call->now)),
		ret, err);
}

/* -- the end -- */

static bool check_switched(const struct call *call, const struct change *change,
			   const struct ca *old, struct error *err)
{
	json_auto_t *names = rollover_profiles_below(change->catalog, old);
	const char *confirm = param_text(call->params, "confirm");
	const char *first = json_string_value(json_array_get(names, 0));

	if (!names)
		return error_set(err, REASON_NO_MEMORY, "profiles");
	if (!first || (confirm && strcmp(confirm, old->name) == 0))
		return true;
	return error_set(err, REASON_NEEDS_CONFIRMATION,
			 "%zu active profile%s issue%s from it or below it still, such as %s: "
			 "bestowctl rollover switch, or --confirm='%s'",
			 json_array_size(names), json_array_size(names) == 1 ? "" : "s",
			 json_array_size(names) == 1 ? "s" : "", first, old->name);
}

static bool retire_old(const struct change *change, const struct ca *old, struct error *err)
{
	return old->state != CA_ACTIVE ||
	       store_ca_set_state(change->tx, change->account->id, old->id, CA_RETIRED, err);
}

static bool finish(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	const char *name = param_text(call->params, "name");
	const struct ca_rollover *rollover;
	json_auto_t *described = NULL;

	if (!change_begin(call, &change, err) ||
	    !rollover_find(change.catalog, change.account, name, &rollover, err))
		return false;

	const struct ca *old = catalog_ca(change.catalog, rollover->old_ca_id);
	if (!old)
		return error_set(err, REASON_STORE_CORRUPT, "a rollover without its CAs");
	bool was_trusted = ca_is_trusted(old, change.catalog);
	if (!check_switched(call, &change, old, err) ||
	    !rollover_describe(call, change.catalog, rollover, &described, err) ||
	    !retire_old(&change, old, err) ||
	    !store_rollover_finish(change.tx, change.account->id, rollover->id, call->now, err))
		return false;
	return change_commit(
		call, &change,
		(struct change_note){ "ca", name, json_incref(described), json_string("finished") },
		json_pack("{s:O, s:b}", "rollover", described, "old_trusted", was_trusted), ret,
		err);
}

static const struct param start_params[] = {
	{ "name", PARAM_TEXT, true },      { "successor", PARAM_TEXT, true },
	{ "existing", PARAM_FLAG, false }, { "subject", PARAM_TEXT, false },
	{ "key", PARAM_TEXT, false },      { "key_store", PARAM_TEXT, false },
	{ "parent", PARAM_TEXT, false },   { "validity", PARAM_DURATION, false },
	{ "no_trust", PARAM_FLAG, false }, { 0 },
};
static const struct param name_params[] = {
	{ "name", PARAM_TEXT, true },
	{ 0 },
};
static const struct param switch_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "profiles", PARAM_TEXTS, false },
	{ 0 },
};
static const struct param finish_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "confirm", PARAM_TEXT, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "rollover.start", rollover_start, REACH_ACCOUNT, true, start_params },
	{ "rollover.list", list, REACH_ACCOUNT, false, NULL },
	{ "rollover.show", show, REACH_ACCOUNT, false, name_params },
	{ "rollover.export", export_crosses, REACH_ACCOUNT, false, name_params },
	{ "rollover.switch", switch_over, REACH_ACCOUNT, true, switch_params },
	{ "rollover.finish", finish, REACH_ACCOUNT, true, finish_params },
};
const struct verb_table rollover_verbs = { verbs, ARRAY_LEN(verbs) };
