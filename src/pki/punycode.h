/* Internationalised labels (RFC 5890) as they stand in the DNS. */
#pragma once

#include "base/bytes.h"

/* True if what follows "xn--" is Punycode (RFC 3492) of printable text that needs it. */
bool punycode_is_sound(struct bytes text);
