/* Serial numbers (RFC 5280 4.1.2.2). */
#pragma once

#include "base/error.h"

/* One octet that makes the number positive and never shorter, then 128 random bits: nodes need no
 * word with each other, and nobody can guess the next. */
#define SERIAL_LEN 17

MUST_CHECK bool serial_new(unsigned char ret[SERIAL_LEN], struct error *err);
