/* The two text forms of time in certificates (RFC 5280 4.1.2.5), apart from their tag and length.
 */
#pragma once

#include "base/bytes.h"

#define DER_TIME_TEXT_MAX 16

/* YYMMDDHHMMSSZ for DER_UTC_TIME, YYYYMMDDHHMMSSZ for DER_GENERALIZED_TIME; false for any other
 * text and for dates that do not exist. */
bool der_time_parse(struct bytes text, unsigned int tag, int64_t *ret);
/* Writes the form that belongs to the time and returns its tag; 0 outside the years 0 to 9999. */
unsigned int der_time_print(int64_t seconds, char into[DER_TIME_TEXT_MAX]);
/* YYYYMMDDHHMMSSZ whatever the year; false outside the years 0 to 9999. */
bool der_time_print_generalized(int64_t seconds, char into[DER_TIME_TEXT_MAX]);
