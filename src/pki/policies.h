/* certificatePolicies (RFC 5280 4.2.1.4): under which of its policies a CA issued. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

/* One PolicyInformation; `cps`, where the practice statement is, may be NULL. */
MUST_CHECK bool policy_information_write(const char *oid, const char *cps, struct buffer *to,
					 struct error *err);
/* The value is a list of policies, none of them twice, with nothing but CPS URIs beside them. */
bool policies_are_legal(struct bytes value);
