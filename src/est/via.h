/* The Via field (RFC 9110 7.6.3), by which proxies behind proxies know that a request goes round.
 */
#pragma once

#include "base/error.h"

#define VIA_NAME_MAX 32
#define VIA_HOPS_MAX 4 /* proxies that a request may pass */
#define VIA_MAX (VIA_HOPS_MAX * (VIA_NAME_MAX + 8))

/* "bestow-ra-1f0c22ab": a name for one running proxy. */
MUST_CHECK bool via_make_name(char into[VIA_NAME_MAX], struct error *err);
/* What to send on: the proxies of our kind that `field` (NULL: absent) names, and `own`. A request
 * that was here before, or has passed too many, is REASON_UPSTREAM_LOOP. */
MUST_CHECK bool via_add(const char *field, const char *own, char into[VIA_MAX], struct error *err);
