/* The field in which a proxy that ends TLS names the client of each request: X-Forwarded-For, or
 * Forwarded (RFC 7239).
 *
 * Anybody can write such a field, and a proxy adds its own word behind what came: so the last hop
 * that is not itself a trusted proxy is the client, and whatever stands before it proves nothing.
 * Several fields of the name are one list. A hop that cannot be read for sure names nobody, and
 * hides what stands before it. */
#pragma once

#include "http/head.h"

#define FORWARDED_HOPS_MAX 32 /* no request passes through so many proxies */

struct forwarding {
	enum forwarded_header header;
	struct address_set trusted; /* borrowed */
};

/* "X-Forwarded-For"; "" where there is none. */
const char *forwarded_name(enum forwarded_header header);
/* False: the field is not there, or does not tell for sure. */
MUST_CHECK bool forwarded_client(const struct forwarding *forwarding, const struct head *head,
				 struct address *ret);
