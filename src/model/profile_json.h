/* The one text form of a profile: in the store, in the API and on the command line. */
#pragma once

#include <jansson.h>

#include "model/profile.h"

/* Every field, ids, state and version included; a new reference, NULL when memory is out. */
json_t *profile_to_json(const struct profile *profile);
/* Changes the fields that `patch` names and leaves the rest (RFC 7396: null resets to the
 * template's default). Unknown members, wrong types and id, account_id, oid, version, state are
 * REASON_INVALID with the member's path. Ends with profile_check(). */
MUST_CHECK bool profile_apply_json(struct profile *profile, const json_t *patch, struct error *err);
/* A whole profile from profile_to_json()'s text, as the store keeps it. */
MUST_CHECK bool profile_from_json(const json_t *json, struct profile **ret, struct error *err);
