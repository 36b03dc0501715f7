#include "va/fresh.h"

#include "http/date.h"
#include "http/etag.h"

/* RFC 9110 13.1.2: where there is If-None-Match, it alone counts. */
bool client_has(const struct http_exchange *exchange, const char *etag, int64_t modified)
{
	const char *since = http_header(exchange, "If-Modified-Since");
	bool is_asked;
	int64_t at;

	if (etag_is_known(exchange, etag, &is_asked))
		return true;
	return !is_asked && since && http_date_parse(since, &at) && modified <= at;
}
