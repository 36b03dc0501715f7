#include "manage/ra_scope.h"

#include "manage/describe.h"
#include "store/store_certificate.h"

static bool read_profiles(const struct change *change, const json_t *names, int64_t *ids,
			  struct error *err)
{
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		const struct profile *profile;

		if (!find_profile(change->catalog, change->account, name, &profile, err))
			return false;
		ids[i] = profile->id;
	}
	return true;
}

bool ra_scope_read(const struct call *call, const struct change *change, struct ra_scope *scope,
		   int64_t **ret_ids, struct error *err)
{
	const json_t *names = param_list(call->params, "profiles");
	bool all = param_flag(call->params, "all_profiles");

	if (all == (json_array_size(names) > 0))
		return error_set(err, REASON_INVALID, "params: either profiles or all_profiles");

	size_t count = json_array_size(names);
	CLEANUP(freep) int64_t *ids = calloc(count + 1, sizeof *ids);
	if (!ids)
		return error_set(err, REASON_NO_MEMORY, "profiles");
	if (!read_profiles(change, names, ids, err))
		return false;
	scope->all_profiles = all;
	scope->profile_ids = ids;
	scope->profile_count = count;
	*ret_ids = TAKE(ids);
	return true;
}

json_t *ra_scope_describe_reach(const struct ra_scope *scope, const struct catalog *catalog)
{
	json_auto_t *names = json_array();

	if (scope->all_profiles)
		return json_string("all");
	for (size_t i = 0; i < scope->profile_count; i++) {
		const struct profile *profile = catalog_profile(catalog, scope->profile_ids[i]);

		if (profile && json_array_append_new(names, describe_text(profile->name)) != 0)
			return NULL;
	}
	return TAKE(names);
}

/* Of those that still hold: {"certificate", "until"}. */
static bool describe_former(const struct call *call, const struct catalog *catalog,
			    int64_t certificate_id, json_t *list, struct error *err)
{
	CLEANUP(certificate_done) struct certificate record = { 0 };

	if (!store_certificate_find(call->manage->store, certificate_id, &record, err))
		return false;
	int64_t until = certificate_holds_until(&record);
	if (until <= call->now)
		return true;
	return json_array_append_new(list,
				     json_pack("{s:o, s:o}", "certificate",
					       describe_certificate(&record, catalog, call->now),
					       "until", describe_time(until))) == 0 ||
	       error_set(err, REASON_NO_MEMORY, "RA certificates");
}

static bool describe_formers(const struct call *call, const struct catalog *catalog,
			     const struct ra_scope *scope, json_t *list, struct error *err)
{
	for (size_t i = 0; i < scope->former_count; i++)
		if (!describe_former(call, catalog, scope->former_ids[i], list, err))
			return false;
	return true;
}

bool ra_scope_describe(const struct call *call, const struct catalog *catalog,
		       const struct ra_scope *scope, json_t **ret, struct error *err)
{
	CLEANUP(certificate_done) struct certificate record = { 0 };
	json_auto_t *former = json_array();

	return store_certificate_find(call->manage->store, scope->certificate_id, &record, err) &&
	       describe_formers(call, catalog, scope, former, err) &&
	       call_return(json_pack("{s:I, s:o, s:o, s:o, s:O}", "id", (json_int_t)scope->id,
				     "name", describe_text(scope->name), "profiles",
				     ra_scope_describe_reach(scope, catalog), "certificate",
				     describe_certificate(&record, catalog, call->now), "former",
				     former),
			   ret, err);
}
