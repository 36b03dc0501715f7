#include "manage/find_device.h"

#include "store/store_device.h"

bool find_profile_of(const struct call *call, const struct profile **ret, struct error *err)
{
	return find_profile(call->catalog, call->account, param_text(call->params, "profile"), ret,
			    err);
}

/* A text of 64 digits may be either. */
static const char *as_fingerprint(const char *text, struct device *scratch)
{
	return device_set_identity(scratch, DEVICE_BY_FINGERPRINT, text, NULL) ? scratch->identity
									       : NULL;
}

static bool tell_missing(bool found, const struct error *why, const char *text,
			 const struct profile *profile, struct error *err)
{
	if (found)
		return true;
	if (why->reason == REASON_NOT_FOUND)
		return error_set(err, REASON_NOT_FOUND, "device %s of profile %s", text,
				 profile->name);
	*err = *why;
	return false;
}

bool find_device_named(const struct call *call, struct store_tx *tx, const struct profile *profile,
		       const char *text, struct device *ret, struct error *err)
{
	struct device scratch = { 0 };
	const char *fingerprint = as_fingerprint(text, &scratch);
	struct error why = { 0 };
	bool found =
		tx ? store_device_find_by_identity_tx(tx, profile->id, text, fingerprint, ret, &why)
		   : store_device_find_by_identity(call->manage->store, profile->id, text,
						   fingerprint, ret, &why);

	return tell_missing(found, &why, text, profile, err);
}

bool find_device_in(const struct call *call, struct store_tx *tx, struct device *ret,
		    struct error *err)
{
	const struct profile *profile;

	return find_profile_of(call, &profile, err) &&
	       find_device_named(call, tx, profile, param_text(call->params, "device"), ret, err);
}

bool find_device(const struct call *call, struct device *ret, struct error *err)
{
	return find_device_in(call, NULL, ret, err);
}

bool check_code_uses(int64_t uses, struct error *err)
{
	return (uses >= 1 && uses <= DEVICE_CODE_USES_MAX) ||
	       error_set(err, REASON_INVALID, "params.uses: 1 to %d", DEVICE_CODE_USES_MAX);
}
