/* A profile's global passphrase: kept as a verifier, shown once when it was generated. */
#include "manage/change.h"
#include "manage/describe.h"
#include "ra/passphrase.h"
#include "store/store_config.h"

/* `given` is a view into the request, `made` owns what was generated. */
static bool obtain(const struct call *call, struct secret *made, struct bytes *ret,
		   struct error *err)
{
	bool generate = param_flag(call->params, "generate");

	if (generate == param_is_given(call->params, "passphrase"))
		return error_set(err, REASON_INVALID, "params: either generate or passphrase");
	if (!generate) {
		*ret = param_secret(call->params, "passphrase");
		return true;
	}
	if (!passphrase_generate(made, err))
		return false;
	*ret = secret_view(made);
	return true;
}

static json_t *describe_warnings(const struct call *call, const struct profile *profile)
{
	json_auto_t *warnings = json_array();

	if (!auth_takes_passphrase(profile->auth) &&
	    json_array_append_new(warnings,
				  json_string("the profile authenticates without a passphrase: "
					      "nobody is asked for this passphrase until its auth "
					      "is passphrase or either")) != 0)
		return NULL;
	if (!param_flag(call->params, "generate") &&
	    json_array_append_new(warnings,
				  json_string("a passphrase that a person chose can be guessed; a "
					      "generated one cannot")) != 0)
		return NULL;
	return TAKE(warnings);
}

static json_t *describe_made(const struct secret *made)
{
	return made->len ? json_stringn((const char *)made->data, made->len) : json_null();
}

static size_t count_present(const struct change *change, int64_t profile_id, int64_t now)
{
	size_t count = 0;

	for (size_t i = 0; i < change->catalog->passphrase_count; i++) {
		const struct passphrase *passphrase = &change->catalog->passphrases[i];

		count += passphrase->profile_id == profile_id &&
			 (passphrase->ends == 0 || passphrase->ends > now);
	}
	return count;
}

static bool replace(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(secret_done) struct secret made = { 0 };
	int64_t old_ends = call->now + param_duration(call->params, "overlap", 0);
	struct passphrase passphrase = { .created = call->now };
	const struct profile *profile;
	struct bytes text;

	/* the verifier first: the slow hash of a human's passphrase holds no transaction up */
	if (!find_profile(call->catalog, call->account, param_text(call->params, "name"), &profile,
			  err) ||
	    !obtain(call, &made, &text, err) ||
	    !passphrase_make_verifier(call->manage->pepper, text, made.len > 0, &passphrase, err) ||
	    !change_begin(call, &change, err))
		return false;
	passphrase.profile_id = profile->id;

	bool replaces = count_present(&change, profile->id, call->now) > 0;
	json_auto_t *after = json_pack("{s:b, s:o}", "generated", made.len > 0, "previous_ends",
				       describe_time(replaces ? old_ends : 0));
	return store_passphrase_replace(change.tx, &passphrase, old_ends, err) &&
	       change_commit(call, &change,
			     (struct change_note){ "passphrase of profile", profile->name,
						   json_null(), json_incref(after) },
			     json_pack("{s:o, s:o, s:o, s:o, s:o}", "profile",
				       describe_text(profile->name), "passphrase",
				       describe_made(&made), "previous_ends",
				       describe_time(replaces ? old_ends : 0), "urls",
				       describe_profile_links(call->manage, profile), "warnings",
				       describe_warnings(call, profile)),
			     ret, err);
}

static const struct param replace_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "generate", PARAM_FLAG, false },
	{ "passphrase", PARAM_SECRET, false },
	{ "overlap", PARAM_SPAN, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "profile.passphrase", replace, REACH_ACCOUNT, true, replace_params },
};
const struct verb_table passphrase_verbs = { verbs, ARRAY_LEN(verbs) };
