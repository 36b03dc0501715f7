#include "manage/rollover.h"

#include "manage/describe.h"
#include "ra/cacerts.h"
#include "store/store_rollover.h"

bool rollover_find(const struct catalog *catalog, const struct account *account,
		   const char *old_name, const struct ca_rollover **ret, struct error *err)
{
	const struct ca *old;

	if (!find_ca(catalog, account, old_name, &old, err))
		return false;
	*ret = catalog_rollover_of(catalog, old->id);
	return *ret || error_set(err, REASON_NOT_FOUND,
				 "CA %s is not being replaced; bestowctl rollover start '%s' NEW "
				 "begins it",
				 old_name, old_name);
}

json_t *rollover_profiles_below(const struct catalog *catalog, const struct ca *ca)
{
	json_auto_t *names = json_array();

	for (size_t i = 0; i < catalog->profile_count; i++) {
		const struct profile *profile = catalog->profiles[i];

		if (profile->state == PROFILE_ACTIVE &&
		    catalog_ca_is_below(catalog, catalog_ca(catalog, profile->ca_id), ca) &&
		    json_array_append_new(names, describe_text(profile->name)) != 0)
			return NULL;
	}
	return TAKE(names);
}

static bool fits(const struct catalog *catalog, const struct profile *profile)
{
	const struct ca *ca = catalog_ca(catalog, profile->ca_id);
	CLEANUP(buffer_done) struct buffer encoded = { 0 };
	struct cacerts cacerts;

	if (!ca)
		return true;
	cacerts_collect(catalog, ca, &cacerts);
	return !cacerts.in_rollover || !cacerts_encode(&cacerts, &encoded, NULL) ||
	       cacerts_fit(encoded.len);
}

json_t *rollover_warnings(const struct catalog *catalog, const struct account *account)
{
	json_auto_t *warnings = json_array();

	for (size_t i = 0; i < catalog->profile_count; i++) {
		const struct profile *profile = catalog->profiles[i];

		if (profile->account_id != account->id || profile->state != PROFILE_ACTIVE ||
		    fits(catalog, profile))
			continue;
		if (json_array_append_new(
			    warnings,
			    json_sprintf("/cacerts of profile %s is longer than one TLS record "
					 "meanwhile: some clients read the first one only",
					 profile->name)) != 0)
			return NULL;
	}
	return TAKE(warnings);
}

/* -- counting -- */

/* A root's devices are those of the CAs below it. */
static bool count_below(const struct call *call, const struct catalog *catalog, const struct ca *ca,
			struct store_ca_devices *ret, struct error *err)
{
	*ret = (struct store_ca_devices){ 0 };
	for (size_t i = 0; i < catalog->ca_count; i++) {
		struct store_ca_devices here;

		if (!catalog_ca_is_below(catalog, &catalog->cas[i], ca))
			continue;
		if (!store_ca_devices_count(call->manage->store, catalog->cas[i].id, call->now,
					    &here, err))
			return false;
		ret->issued += here.issued;
		ret->left += here.left;
	}
	return true;
}

static json_t *describe_end(const struct catalog *catalog, const struct ca *ca,
			    const struct store_ca_devices *devices)
{
	return json_pack("{s:o, s:o, s:b, s:o, s:I, s:I}", "name", describe_text(ca->name), "state",
			 json_string(ca->revoked ? "revoked" : ca_state_text(ca->state)), "trusted",
			 ca_is_trusted(ca, catalog), "profiles",
			 rollover_profiles_below(catalog, ca), "devices",
			 (json_int_t)devices->issued, "devices_left", (json_int_t)devices->left);
}

static json_t *describe_cross(const struct cert *cross)
{
	return cross ? describe_cert(cross) : json_null();
}

bool rollover_describe(const struct call *call, const struct catalog *catalog,
		       const struct ca_rollover *rollover, json_t **ret, struct error *err)
{
	const struct ca *old = catalog_ca(catalog, rollover->old_ca_id);
	const struct ca *new = catalog_ca(catalog, rollover->new_ca_id);
	struct store_ca_devices on_old, on_new;
	struct store_fetches fetches;

	if (!old || !new)
		return error_set(err, REASON_STORE_CORRUPT, "a rollover without its CAs");
	if (!count_below(call, catalog, old, &on_old, err) ||
	    !count_below(call, catalog, new, &on_new, err) ||
	    !store_rollover_fetches(call->manage->store, rollover->id, &fetches, err))
		return false;
	return call_return(
		json_pack("{s:I, s:o, s:o, s:o, s:o, s:{s:I, s:I}, s:o, s:o}", "id",
			  (json_int_t)rollover->id, "started", describe_time(rollover->started),
			  "finished", describe_time(rollover->finished), "old",
			  describe_end(catalog, old, &on_old), "new",
			  describe_end(catalog, new, &on_new), "fetched", "devices",
			  (json_int_t)fetches.devices, "addresses", (json_int_t)fetches.addresses,
			  "old_with_new", describe_cross(rollover->old_with_new), "new_with_old",
			  describe_cross(rollover->new_with_old)),
		ret, err);
}
