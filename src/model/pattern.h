/* Patterns of profile rules: POSIX extended regular expressions that a whole value must match. */
#pragma once

#include "base/error.h"

#define PATTERN_MAX 255

/* Compiles, is short, and cannot be made to cost without bound: no back references, and counts,
 * '+' among them, that do not multiply to much. REASON_INVALID. */
MUST_CHECK bool pattern_check(const char *pattern, struct error *err);
/* True if the pattern, from its begin to its end, is the value. A pattern that does not compile
 * matches nothing. */
bool pattern_matches(const char *pattern, const char *value);
