/* Dates in HTTP fields (RFC 9110 5.6.7). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define HTTP_DATE_MAX 40

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
void http_date(int64_t seconds, char into[HTTP_DATE_MAX]);
/* The same form back; a sender of the two obsolete ones gets a full answer. */
bool http_date_parse(const char *text, int64_t *ret);
