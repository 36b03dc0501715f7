#include "va/fresh.h"

#include <string.h>

#include "va/date.h"

/* RFC 9110 13.1.2: where there is If-None-Match, it alone counts. */
bool client_has(const struct http_exchange *exchange, const char *etag, int64_t modified)
{
	const char *tags = http_header(exchange, "If-None-Match");
	const char *since = http_header(exchange, "If-Modified-Since");
	int64_t at;

	if (tags)
		return strcmp(tags, "*") == 0 || strstr(tags, etag) != NULL;
	return since && http_date_parse(since, &at) && modified <= at;
}
