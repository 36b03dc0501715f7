/* What every parser of this folder answers with. Parsers are pure: they see octets that have
 * arrived and say whether more are needed. */
#pragma once

#include <stdbool.h>

enum parse {
	PARSE_MORE, /* sound so far; come back with more octets */
	PARSE_DONE,
	PARSE_REFUSED,
};

/* Why http answers a request itself, instead of its handler. `why` is for the log only. */
struct refusal {
	unsigned int status;
	const char *why;
};

/* Always false, so that refusing is one line. */
static inline bool refuse(struct refusal *ret, unsigned int status, const char *why)
{
	*ret = (struct refusal){ status, why };
	return false;
}
