/* Durations as operators write them: "365d", "12h", "90m", "10s", "4w", "1y" (365 days), or plain
 * seconds. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define DURATION_MAX (INT64_C(100) * 366 * 86400) /* longer is a mistake */
#define DURATION_TEXT_MAX 24

/* False on anything else, signs and fractions included, and above DURATION_MAX. */
bool duration_from_text(const char *text, int64_t *ret);
/* In the largest of d, h, m and s that is exact; returns `into`. */
const char *duration_to_text(int64_t seconds, char into[DURATION_TEXT_MAX]);
