/* The OIDs of new profiles: given once, never changed and never used again. */
#pragma once

#include "model/catalog.h"

/* The next number below the account's arc; without an arc 2.25.<UUID as integer> (ITU-T X.667),
 * which needs no registration. *ret is the caller's. */
MUST_CHECK bool oid_assign(const struct catalog *catalog, const struct account *account, char **ret,
			   struct error *err);
