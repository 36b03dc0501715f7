#include "http/status.h"

#include "base/cleanup.h"

static const struct status {
	unsigned int code;
	const char *phrase;
	enum reason reason;
} statuses[] = {
	{ 200, "OK", REASON_NONE },
	{ 201, "Created", REASON_NONE },
	{ 202, "Accepted", REASON_NONE },
	{ 204, "No Content", REASON_NONE },
	{ 302, "Found", REASON_NONE },
	{ 303, "See Other", REASON_NONE },
	{ 304, "Not Modified", REASON_NONE },
	{ 400, "Bad Request", REASON_HTTP_MALFORMED },
	{ 401, "Unauthorized", REASON_NO_CREDENTIALS },
	{ 403, "Forbidden", REASON_NOT_PERMITTED },
	{ 404, "Not Found", REASON_NOT_FOUND },
	{ 405, "Method Not Allowed", REASON_METHOD_NOT_ALLOWED },
	{ 406, "Not Acceptable", REASON_MEDIA_TYPE },
	{ 408, "Request Timeout", REASON_TIMEOUT },
	{ 409, "Conflict", REASON_CONFLICT },
	{ 410, "Gone", REASON_NOT_FOUND },
	{ 411, "Length Required", REASON_HTTP_MALFORMED },
	{ 412, "Precondition Failed", REASON_CONFLICT },
	{ 413, "Content Too Large", REASON_TOO_LARGE },
	{ 414, "URI Too Long", REASON_TOO_LARGE },
	{ 415, "Unsupported Media Type", REASON_MEDIA_TYPE },
	{ 417, "Expectation Failed", REASON_HTTP_MALFORMED },
	{ 422, "Unprocessable Content", REASON_INVALID },
	{ 429, "Too Many Requests", REASON_QUOTA },
	{ 431, "Request Header Fields Too Large", REASON_TOO_LARGE },
	{ 500, "Internal Server Error", REASON_INTERNAL },
	{ 501, "Not Implemented", REASON_HTTP_MALFORMED },
	{ 502, "Bad Gateway", REASON_INTERNAL },
	{ 503, "Service Unavailable", REASON_BUSY },
	{ 504, "Gateway Timeout", REASON_TIMEOUT },
	{ 505, "HTTP Version Not Supported", REASON_HTTP_MALFORMED },
};

static const struct status *find(unsigned int code)
{
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
		if (statuses[i].code == code)
			return &statuses[i];
	return NULL;
}

const char *status_phrase(unsigned int code)
{
	const struct status *status = find(code);

	return status ? status->phrase : "Status";
}

enum reason status_reason(unsigned int code)
{
	const struct status *status = find(code);

	return status ? status->reason : REASON_INTERNAL;
}
