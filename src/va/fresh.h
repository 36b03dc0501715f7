/* Conditional requests (RFC 9110 13). */
#pragma once

#include "http/http.h"

/* Whether the client has what `etag` names, as it was at `modified`. */
bool client_has(const struct http_exchange *exchange, const char *etag, int64_t modified);
