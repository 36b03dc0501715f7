/* The service's URL and what it makes of redirects. */
#pragma once

#include "base/error.h"

#define EST_URL_MAX 1024
#define EST_HOST_MAX 254

struct est_url {
	char host[EST_HOST_MAX]; /* without brackets */
	unsigned int port;
	bool is_ipv6;
	char path[EST_URL_MAX]; /* "/…", without a slash at its end */
};

/* https only, no user, query or fragment. REASON_INVALID. */
MUST_CHECK bool est_url_parse(const char *text, struct est_url *ret, struct error *err);
/* "https://HOST[:PORT]PATH[/operation]". */
MUST_CHECK bool est_url_text(const struct est_url *url, const char *operation, char *into,
			     size_t size, struct error *err);
/* Where a Location field leads from `from`: an absolute URL or an absolute path, of the same
 * origin. REASON_REDIRECT_REFUSED for anything else: no credential leaves its origin, and no
 * request leaves TLS. */
MUST_CHECK bool est_url_follow(const struct est_url *from, const char *location,
			       struct est_url *ret, struct error *err);
