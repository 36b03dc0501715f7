/* The console's files, embedded in the program: a table made by tools/embed-console. */
#pragma once

#include "http/http.h"

struct asset {
	const char *path; /* "/" is the page; the others carry a digest of their content */
	const char *type;
	const char *tag, *gzip_tag; /* entity tags, with their quotes */
	bool is_immutable;          /* what stands under this name never changes */
	struct bytes plain, gzip;
};
extern const struct asset asset_table[];
extern const size_t asset_count;

/* NULL when there is none. */
const struct asset *asset_find(const char *path);
/* Whether a field Accept-Encoding (NULL: absent) takes gzip: RFC 9110 12.5.3. */
bool asset_gzip_accepted(const char *field);
/* Answers, and is true, when the path is a file of the console. */
bool asset_handle(struct http_exchange *exchange);
