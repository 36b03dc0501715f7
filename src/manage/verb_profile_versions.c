/* What a profile was: each version is kept, for certificates name the one that they came by. */
#include "manage/describe.h"
#include "store/store_config.h"

struct listing {
	json_t *versions;
	bool failed;
};

static bool each_version(void *context, int64_t version, int64_t created, const char *settings)
{
	struct listing *listing = context;
	json_t *item = json_pack("{s:I, s:o, s:o}", "version", (json_int_t)version, "created",
				 describe_time(created), "settings",
				 json_loads(settings, 0, NULL) ?: json_null());

	listing->failed = json_array_append_new(listing->versions, item) != 0;
	return !listing->failed;
}

static bool versions(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *list = json_array();
	struct listing listing = { .versions = list };
	const struct profile *profile;

	if (!find_profile(call->catalog, call->account, param_text(call->params, "name"), &profile,
			  err) ||
	    !store_profile_version_list(call->manage->store, profile->id, each_version, &listing,
					err))
		return false;
	if (listing.failed)
		return error_set(err, REASON_NO_MEMORY, "versions");
	return call_return(json_pack("{s:O}", "versions", list), ret, err);
}

static const struct param versions_params[] = {
	{ "name", PARAM_TEXT, true },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "profile.versions", versions, REACH_ACCOUNT, false, versions_params },
};
const struct verb_table profile_version_verbs = { verbs, ARRAY_LEN(verbs) };
