/* A patch that is taken leaves a profile that is sound and survives its own text form. */
#include <stdlib.h>

#include "model/profile_json.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check(const struct profile *profile)
{
	CLEANUP(profile_freep) struct profile *back = NULL;
	struct error err;
	json_t *json = profile_to_json(profile);

	if (!profile_check(profile, &err) || !json || !profile_from_json(json, &back, &err))
		abort();
	json_t *again = profile_to_json(back);
	if (!json_equal(json, again))
		abort();
	json_decref(json);
	json_decref(again);
}

static void apply(const json_t *json)
{
	CLEANUP(profile_freep) struct profile *profile = NULL;
	struct error err;

	if (!profile_new(TEMPLATE_CLIENT_AUTHENTICATION, &profile, &err))
		return;
	if (profile_apply_json(profile, json, &err))
		check(profile);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(profile_freep) struct profile *profile = NULL;
	struct error err;
	json_error_t json_err;
	json_t *json = json_loadb((const char *)data, size, JSON_ALLOW_NUL, &json_err);

	if (!json)
		return 0;
	apply(json);
	if (profile_from_json(json, &profile, &err))
		check(profile);
	json_decref(json);
	return 0;
}
