/* simpleenroll and simplereenroll (RFC 7030 4.2). */
#pragma once

#include "base/hash.h"
#include "base/hex.h"
#include "ra/enrollment.h"

/* Thread-safe. A refusal is recorded as an event before this returns. */
MUST_CHECK bool ra_enroll(struct ra *ra, const struct est_request *request, struct est_reply *ret,
			  struct error *err);
