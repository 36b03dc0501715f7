#include "http/etag.h"

#include <string.h>

bool etag_is_known(const struct http_exchange *exchange, const char *etag, bool *ret_asked)
{
	const char *tags = http_header(exchange, "If-None-Match");

	if (ret_asked)
		*ret_asked = tags != NULL;
	return tags && (strcmp(tags, "*") == 0 || strstr(tags, etag) != NULL);
}
