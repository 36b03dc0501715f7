/* Bytes as lower-case hexadecimal text and back. */
#pragma once

#include "base/bytes.h"

/* `into` needs 2 * bytes.len + 1 places; returns `into`. */
const char *hex_encode(struct bytes bytes, char *into);
/* Takes upper and lower case and skips colons; false on anything else or if `max` does not suffice.
 */
bool hex_decode(const char *text, unsigned char *ret, size_t max, size_t *ret_len);
