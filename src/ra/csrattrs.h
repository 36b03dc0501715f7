/* What a profile wants to see in a CSR, as csrattrs says it (RFC 7030 4.5). */
#pragma once

#include "model/catalog.h"

/* Appends the DER; nothing is appended where there is nothing to ask for. */
MUST_CHECK bool csrattrs_of_profile(const struct profile *profile, struct buffer *ret,
				    struct error *err);
