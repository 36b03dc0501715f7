/* The server's CA certificates, followed through their changes (RFC 7030 4.1). */
#pragma once

#include "bestow/session.h"

/* Fetches them over a session that proves itself, and stores them when they have changed. The old
 * anchors stay besides the new ones as long as the server itself still needs them. */
MUST_CHECK bool anchors_follow(const struct options *options, const struct memory *memory,
			       struct session *session, struct bestow_error *err);
