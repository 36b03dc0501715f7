#include "est/via.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/random.h"

#define PREFIX "bestow-ra-"
#define RANDOM_OCTETS 4

bool via_make_name(char into[VIA_NAME_MAX], struct error *err)
{
	unsigned char octets[RANDOM_OCTETS];
	char digits[2 * RANDOM_OCTETS + 1];

	if (!random_fill(octets, sizeof octets, err))
		return false;
	hex_encode((struct bytes){ octets, sizeof octets }, digits);
	snprintf(into, VIA_NAME_MAX, PREFIX "%s", digits);
	return true;
}

/* Names end where anything but a letter, a digit or a hyphen stands. */
static size_t name_length(const char *name)
{
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");
}

bool via_add(const char *field, const char *own, char into[VIA_MAX], struct error *err)
{
	const char *at = field ? strstr(field, PREFIX) : NULL;
	size_t len = 0, hops = 0;

	into[0] = '\0';
	for (; at; at = strstr(at + strlen(PREFIX), PREFIX)) {
		size_t name = name_length(at);

		if (name == strlen(own) && strncmp(at, own, name) == 0)
			return error_set(err, REASON_UPSTREAM_LOOP, "the request was here before");
		if (++hops >= VIA_HOPS_MAX || name >= VIA_NAME_MAX)
			return error_set(err, REASON_UPSTREAM_LOOP,
					 "the request has passed %zu proxies", hops);
		len += (size_t)snprintf(into + len, VIA_MAX - len, "1.1 %.*s, ", (int)name, at);
	}
	snprintf(into + len, VIA_MAX - len, "1.1 %s", own);
	return true;
}
