/* How long a server asks to wait (RFC 9110 10.2.3). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RETRY_AFTER_MIN 1
#define RETRY_AFTER_MAX 86400  /* a day: what asks for more asks to be forgotten */
#define RETRY_AFTER_DEFAULT 60 /* where the server says nothing that can be read */

/* Any of the three forms of a date (RFC 9110 5.6.7); Unix seconds. */
bool date_field_parse(const char *field, int64_t *ret);
/* From seconds or any of the three forms of a date, clamped. */
uint32_t retry_after_parse(const char *field, int64_t now);
