/* What known clients need of an answer's layout, chosen by what they say they are (measured, not
 * guessed). */
#pragma once

#include <stddef.h>

/* How many base64 characters to a line; 0: all on one line. `user_agent` may be NULL. */
size_t quirk_line_length(const char *user_agent);
