/* Certificate profiles. */
#include <stdio.h>
#include <string.h>

#include "manage/change.h"
#include "manage/describe.h"
#include "manage/json_changes.h"
#include "manage/oid_assign.h"
#include "manage/verb_profile_test.h"
#include "model/profile_json.h"
#include "pki/der.h"
#include "policy/policy.h"
#include "store/store_config.h"
#include "store/store_device_code.h"

#define LINT_TEXT_MAX 400

/* -- showing -- */

static json_t *describe_profile(const struct profile *profile, const struct catalog *catalog)
{
	const struct ca *ca = catalog_ca(catalog, profile->ca_id);
	json_auto_t *json = profile_to_json(profile);

	if (json_object_set_new(json, "ca", describe_text(ca ? ca->name : NULL)) != 0)
		return NULL;
	return TAKE(json);
}

/* A store that cannot say costs the operator a warning, and nothing else. */
static bool has_codes(const struct call *call, const struct profile *profile)
{
	bool found = true;

	return !auth_takes_code(profile->auth) ||
	       !store_device_code_any(call->manage->store, profile->id, &found, NULL) || found;
}

static json_t *describe_warnings(const struct call *call, const struct profile *profile,
				 const struct catalog *catalog)
{
	const struct lint_context context = { catalog, has_codes(call, profile), call->now };
	json_auto_t *warnings = json_array();
	char text[LINT_TEXT_MAX];

	for (size_t i = 0; profile_lint(profile, &context, i, text, sizeof text); i++)
		if (json_array_append_new(warnings, describe_text(text)) != 0)
			return NULL;
	return TAKE(warnings);
}

/* What every verb that touches a profile answers. */
static json_t *describe_outcome(const struct call *call, const struct profile *profile,
				const struct catalog *catalog)
{
	return json_pack("{s:o, s:o, s:o, s:b}", "profile", describe_profile(profile, catalog),
			 "urls", describe_profile_links(call->manage, profile), "warnings",
			 describe_warnings(call, profile, catalog), "default",
			 catalog->default_profile_id == profile->id);
}

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *profiles = json_array();

	for (size_t i = 0; i < call->catalog->profile_count; i++) {
		const struct profile *profile = call->catalog->profiles[i];

		if (profile->account_id == call->account->id &&
		    json_array_append_new(
			    profiles,
			    json_pack("{s:o, s:o, s:b}", "profile",
				      describe_profile(profile, call->catalog), "urls",
				      describe_profile_links(call->manage, profile), "default",
				      call->catalog->default_profile_id == profile->id)) != 0)
			return error_set(err, REASON_NO_MEMORY, "profiles");
	}
	return call_return(json_pack("{s:O}", "profiles", profiles), ret, err);
}

static bool show(const struct call *call, json_t **ret, struct error *err)
{
	const struct profile *profile;

	return find_profile(call->catalog, call->account, param_text(call->params, "name"),
			    &profile, err) &&
	       call_return(describe_outcome(call, profile, call->catalog), ret, err);
}

/* -- creating and changing -- */

static bool parse_template(const char *text, enum profile_template *ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer all = { 0 };

	for (enum profile_template t = 0; t < PROFILE_TEMPLATE_COUNT; t++) {
		if (strcmp(profile_template_text(t), text) == 0) {
			*ret = t;
			return true;
		}
		buffer_printf(&all, "%s%s", t ? ", " : "", profile_template_text(t));
	}
	const char *words = buffer_cstring(&all);
	return error_set(err, REASON_INVALID, "params.template: \"%s\" is none of %s", text,
			 words ? words : "ours");
}

/* The request's patch with what has a parameter of its own laid over it, and without the CA, which
 * is not a member of a profile's text form by its name. */
static json_t *patch_of(const struct call *call)
{
	static const char *const own[] = { "auth", "aliases" };
	json_auto_t *patch = param_is_given(call->params, "patch")
				     ? json_copy((json_t *)param_object(call->params, "patch"))
				     : json_object();

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (param_is_given(call->params, own[i]) &&
		    json_object_set(patch, own[i], json_object_get(call->params, own[i])) != 0)
			return NULL;
	json_object_del(patch, "ca");
	return TAKE(patch);
}

static bool apply_patch(const struct call *call, struct profile *profile, struct error *err)
{
	json_auto_t *patch = patch_of(call);

	if (!patch)
		return error_set(err, REASON_NO_MEMORY, "profile");
	if (json_object_get(patch, "ca_id"))
		return error_set(err, REASON_INVALID, "ca_id: say ca, by its name");
	return profile_apply_json(profile, patch, err) && object_name_check(profile->name, err);
}

/* By parameter, or by the patch's "ca"; NULL when the request names none. */
static const char *ca_name_of(const struct call *call)
{
	const char *name = param_text(call->params, "ca");

	return name ? name : param_text(param_object(call->params, "patch"), "ca");
}

/* A profile never issues from another account's CA. */
static bool choose_ca(const struct call *call, const struct change *change, struct profile *profile,
		      struct error *err)
{
	const char *name = ca_name_of(call);
	const struct ca *ca;

	if (!name)
		return true;
	if (!find_ca(change->catalog, change->account, name, &ca, err))
		return false;
	if (ca->state == CA_DISABLED)
		return error_set(err, REASON_CONFLICT, "CA %s is disabled", ca->name);
	profile->ca_id = ca->id;
	return true;
}

/* A profile whose CA cannot sign as it says would refuse every device. */
static bool check_signature(const struct change *change, const struct profile *profile,
			    struct error *err)
{
	const struct ca *ca = catalog_ca(change->catalog, profile->ca_id);

	return !ca || ca_check_signature(ca, profile->signature, err);
}

static bool set_text(char **text, const char *value, struct error *err)
{
	char *copy = strdup(value);

	if (!copy)
		return error_set(err, REASON_NO_MEMORY, "profile");
	free(*text);
	*text = copy;
	return true;
}

static bool choose_oid(const struct call *call, const struct change *change,
		       struct profile *profile, struct error *err)
{
	const char *asked = param_text(call->params, "oid");
	CLEANUP(buffer_done) struct buffer contents = { 0 };

	if (!asked)
		return oid_assign(change->catalog, change->account, &profile->oid, err);
	if (!oid_from_text(asked, &contents))
		return error_set(err, REASON_INVALID,
				 "params.oid: %s is no dotted object identifier", asked);
	return set_text(&profile->oid, asked, err);
}

static bool build_new(const struct call *call, const struct change *change, struct profile **ret,
		      struct error *err)
{
	CLEANUP(profile_freep) struct profile *profile = NULL;
	const char *name = param_text(call->params, "name");
	enum profile_template template;

	if (!object_name_check(name, err) ||
	    !parse_template(param_text(call->params, "template"), &template, err) ||
	    !profile_new(template, &profile, err) || !set_text(&profile->name, name, err) ||
	    !choose_oid(call, change, profile, err) || !choose_ca(call, change, profile, err))
		return false;
	profile->account_id = change->account->id;
	profile->version = 1;
	if (!apply_patch(call, profile, err) || !check_signature(change, profile, err))
		return false;
	*ret = TAKE(profile);
	return true;
}

static bool create(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(profile_freep) struct profile *profile = NULL;
	int64_t id;

	if (!change_begin(call, &change, err) || !build_new(call, &change, &profile, err) ||
	    !store_profile_insert(change.tx, profile, &id, err) || !change_refresh(&change, err))
		return false;

	const struct profile *made = catalog_profile(change.catalog, id);
	json_auto_t *reply = describe_outcome(call, made, change.catalog);
	return change_commit(call, &change,
			     (struct change_note){ "profile", profile->name, json_null(),
						   profile_to_json(profile) },
			     json_incref(reply), ret, err);
}

static bool check_version(const struct call *call, const struct profile *profile, struct error *err)
{
	int64_t expected = param_number(call->params, "version", profile->version);

	if (expected != profile->version)
		return error_set(err, REASON_CONFLICT,
				 "profile %s is at version %lld by now, not %lld", profile->name,
				 (long long)profile->version, (long long)expected);
	return true;
}

/* A copy of the present profile with the change applied. */
static bool build_changed(const struct call *call, const struct change *change,
			  const json_t *present, struct profile **ret, struct error *err)
{
	CLEANUP(profile_freep) struct profile *profile = NULL;

	if (!present)
		return error_set(err, REASON_NO_MEMORY, "profile");
	if (!profile_from_json(present, &profile, err) || !choose_ca(call, change, profile, err) ||
	    !apply_patch(call, profile, err) || !check_signature(change, profile, err))
		return false;
	*ret = TAKE(profile);
	return true;
}

/* As people read them: with the CA by its name. */
static json_t *describe_changes(const json_t *before, const struct profile *profile,
				const struct catalog *catalog)
{
	json_auto_t *old = json_copy((json_t *)before);
	json_auto_t *present = describe_profile(profile, catalog);

	json_object_del(old, "ca_id");
	json_object_del(present, "ca_id");
	return json_changes(old, present);
}

static bool set(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(profile_freep) struct profile *changed = NULL;
	const struct profile *present;

	if (!change_begin(call, &change, err) ||
	    !find_profile(change.catalog, change.account, param_text(call->params, "name"),
			  &present, err) ||
	    !check_version(call, present, err))
		return false;

	int64_t id = present->id;
	json_auto_t *before = profile_to_json(present);
	json_auto_t *present_shown = describe_profile(present, change.catalog);
	if (!build_changed(call, &change, before, &changed, err) ||
	    !store_profile_update(change.tx, changed, err) || !change_refresh(&change, err))
		return false;

	const struct profile *after_profile = catalog_profile(change.catalog, id);
	json_auto_t *after = profile_to_json(after_profile);
	json_auto_t *changes = describe_changes(present_shown, after_profile, change.catalog);
	json_auto_t *reply = describe_outcome(call, after_profile, change.catalog);
	if (json_object_set(reply, "changes", changes) != 0)
		return error_set(err, REASON_NO_MEMORY, "changes");
	return change_commit(call, &change,
			     (struct change_note){ "profile", changed->name, json_incref(before),
						   json_incref(after) },
			     json_incref(reply), ret, err);
}

/* -- states -- */

static bool set_state(const struct call *call, enum profile_state state, json_t **ret,
		      struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	const char *name = param_text(call->params, "name");
	const struct profile *profile;

	if (!change_begin(call, &change, err) ||
	    !find_profile(change.catalog, change.account, name, &profile, err))
		return false;

	int64_t id = profile->id;
	const char *before = profile_state_text(profile->state);
	if (!store_profile_set_state(change.tx, change.account->id, id, state, err) ||
	    !change_refresh(&change, err))
		return false;
	json_auto_t *reply =
		describe_outcome(call, catalog_profile(change.catalog, id), change.catalog);
	return change_commit(call, &change,
			     (struct change_note){ "profile", name, json_string(before),
						   json_string(profile_state_text(state)) },
			     json_incref(reply), ret, err);
}

static bool suspend(const struct call *call, json_t **ret, struct error *err)
{
	return set_state(call, PROFILE_SUSPENDED, ret, err);
}

static bool resume(const struct call *call, json_t **ret, struct error *err)
{
	return set_state(call, PROFILE_ACTIVE, ret, err);
}

static json_t *describe_default(const struct profile *profile)
{
	return profile ? describe_text(profile->name) : json_null();
}

/* The profile behind /.well-known/est/<operation> without a label: one per node. */
static bool set_default(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	const char *name = param_text(call->params, "name");
	const struct profile *profile = NULL;

	if (param_flag(call->params, "none") == (name != NULL))
		return error_set(err, REASON_INVALID, "params: either name or none");
	if (!change_begin(call, &change, err) ||
	    (name && !find_profile(change.catalog, change.account, name, &profile, err)))
		return false;

	const struct profile *before =
		catalog_profile(change.catalog, change.catalog->default_profile_id);
	return store_default_profile_set(change.tx, profile ? profile->id : 0, err) &&
	       change_commit(call, &change,
			     (struct change_note){ "node", "default profile",
						   describe_default(before),
						   describe_default(profile) },
			     json_pack("{s:o}", "default", describe_text(name)), ret, err);
}

static const struct param create_params[] = {
	{ "name", PARAM_TEXT, true },      { "template", PARAM_TEXT, true },
	{ "ca", PARAM_TEXT, true },        { "auth", PARAM_TEXT, false },
	{ "aliases", PARAM_TEXTS, false }, { "oid", PARAM_TEXT, false },
	{ "patch", PARAM_OBJECT, false },  { 0 },
};
static const struct param set_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "ca", PARAM_TEXT, false },
	{ "auth", PARAM_TEXT, false },
	{ "aliases", PARAM_TEXTS, false },
	{ "version", PARAM_NUMBER, false },
	{ "patch", PARAM_OBJECT, false },
	{ 0 },
};
static const struct param name_params[] = {
	{ "name", PARAM_TEXT, true },
	{ 0 },
};
static const struct param default_params[] = {
	{ "name", PARAM_TEXT, false },
	{ "none", PARAM_FLAG, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "profile.create", create, REACH_ACCOUNT, true, create_params },
	{ "profile.list", list, REACH_ACCOUNT, false, NULL },
	{ "profile.show", show, REACH_ACCOUNT, false, name_params },
	{ "profile.set", set, REACH_ACCOUNT, true, set_params },
	{ "profile.suspend", suspend, REACH_ACCOUNT, true, name_params },
	{ "profile.resume", resume, REACH_ACCOUNT, true, name_params },
	{ "profile.test", profile_test, REACH_ACCOUNT, false, profile_test_params },
	{ "profile.default", set_default, REACH_ACCOUNT, true, default_params },
};
const struct verb_table profile_verbs = { verbs, ARRAY_LEN(verbs) };
