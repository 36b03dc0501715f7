/* Serial numbers (RFC 5280 4.1.2.2). */
#pragma once

#include <stdint.h>

#include "base/error.h"

/* One octet that makes the number positive and never shorter, then 128 random bits: nodes need no
 * word with each other, and nobody can guess the next. The octet is another one after each time
 * that the store was restored from a backup, so that no number comes again even where a machine's
 * random numbers would (threat T14). */
#define SERIAL_LEN 17

MUST_CHECK bool serial_new(int64_t restorations, unsigned char ret[SERIAL_LEN], struct error *err);
