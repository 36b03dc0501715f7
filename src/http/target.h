/* The target of a request (RFC 9112 section 3.2), reduced to the path that a handler routes by. */
#pragma once

#include "base/cleanup.h"
#include "http/parse.h"

struct target {
	const char *path;       /* decoded */
	const char *query;      /* as it came, without its '?'; "" when there is none */
	bool has_encoded_slash; /* decoded too; refused but where a handler takes it */
};

/* Works in place. A malformed target is 400. A path that two readers could take for two different
 * resources (an encoded control, dot segments, broken UTF-8) names nothing here: 404. */
MUST_CHECK bool target_parse(const char *method, char *target, struct target *ret,
			     struct refusal *refusal);
/* host[:port] of Host and of an absolute target; may be empty. */
bool target_is_authority(const char *text);
