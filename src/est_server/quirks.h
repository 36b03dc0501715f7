/* What known clients need of an answer's layout, chosen by what they say they are (measured, not
 * guessed). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* How many base64 characters to a line; 0: all on one line. `user_agent` may be NULL. */
size_t quirk_line_length(const char *user_agent);
/* It asks by HTTP/1.0 and reads no other version in the answer. */
bool quirk_mirrors_http10(const char *user_agent);
