/* Entity tags (RFC 9110 8.8.3). */
#pragma once

#include "http/http.h"

/* If-None-Match names the tag, which has its quotes, or any (RFC 9110 13.1.2). *ret_asked tells
 * whether the field was there at all; it may be NULL. */
bool etag_is_known(const struct http_exchange *exchange, const char *etag, bool *ret_asked);
