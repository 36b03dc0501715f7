/* The reach of an RA certificate, as requests name it and as answers show it. */
#pragma once

#include "manage/change.h"

/* {"profiles": [names]} or {"all_profiles": true}, exactly one of them, into `scope`, whose
 * profile_ids point into *ret_ids, the caller's to free. */
MUST_CHECK bool ra_scope_read(const struct call *call, const struct change *change,
			      struct ra_scope *scope, int64_t **ret_ids, struct error *err);
/* Names of the profiles, or "all". */
json_t *ra_scope_describe_reach(const struct ra_scope *scope, const struct catalog *catalog);
MUST_CHECK bool ra_scope_describe(const struct call *call, const struct catalog *catalog,
				  const struct ra_scope *scope, json_t **ret, struct error *err);
