/* A CA's state: active, retired (it issues no more, and still answers for what it issued),
 * disabled. */
#include <stdio.h>
#include <string.h>

#include "manage/change.h"
#include "manage/describe.h"
#include "manage/verb_ca.h"
#include "store/store_config.h"

static bool issues_from(const struct profile *profile, const struct ca *ca)
{
	return profile->ca_id == ca->id && profile->state == PROFILE_ACTIVE;
}

/* As many as fit; how many there are. */
static size_t list_profiles(const struct catalog *catalog, const struct ca *ca, char *into,
			    size_t size)
{
	size_t count = 0, used = 0;

	into[0] = '\0';
	for (size_t i = 0; i < catalog->profile_count; i++) {
		const struct profile *profile = catalog->profiles[i];

		if (!issues_from(profile, ca))
			continue;
		if (used + strlen(profile->name) + 8 < size)
			used += (size_t)snprintf(into + used, size - used, "%s%s",
						 count ? ", " : "", profile->name);
		count++;
	}
	return count;
}

bool ca_check_confirmed(const struct call *call, const struct catalog *catalog, const struct ca *ca,
			struct error *err)
{
	char names[120];
	size_t profiles = list_profiles(catalog, ca, names, sizeof names);
	const char *confirm = param_text(call->params, "confirm");

	if (profiles == 0 || (confirm && strcmp(confirm, ca->name) == 0))
		return true;
	return error_set(err, REASON_NEEDS_CONFIRMATION,
			 "%zu active profile%s issue%s from it and will refuse every device: %s; "
			 "--confirm='%s'",
			 profiles, profiles == 1 ? "" : "s", profiles == 1 ? "s" : "", names,
			 ca->name);
}

json_t *ca_describe_profiles(const struct catalog *catalog, const struct ca *ca)
{
	json_auto_t *names = json_array();

	for (size_t i = 0; i < catalog->profile_count; i++)
		if (issues_from(catalog->profiles[i], ca) &&
		    json_array_append_new(names, describe_text(catalog->profiles[i]->name)) != 0)
			return NULL;
	return TAKE(names);
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
	    (state != CA_ACTIVE && !ca_check_confirmed(call, change.catalog, ca, err)))
		return false;

	struct ca after = *ca;
	after.state = state;
	json_auto_t *described = describe_ca(&after, change.catalog);
	return store_ca_set_state(change.tx, change.account->id, ca->id, state, err) &&
	       change_commit(call, &change,
			     (struct change_note){ "ca", name, describe_ca(ca, change.catalog),
						   json_incref(described) },
			     json_pack("{s:O, s:o}", "ca", described, "active_profiles",
				       ca_describe_profiles(change.catalog, ca)),
			     ret, err);
}

bool ca_retire(const struct call *call, json_t **ret, struct error *err)
{
	return set_state(call, CA_RETIRED, ret, err);
}

bool ca_disable(const struct call *call, json_t **ret, struct error *err)
{
	return set_state(call, CA_DISABLED, ret, err);
}

bool ca_activate(const struct call *call, json_t **ret, struct error *err)
{
	return set_state(call, CA_ACTIVE, ret, err);
}
