/* Serial numbers (RFC 5280 4.1.2.2). */
#pragma once

#include <stdint.h>

#include "base/error.h"

/* One octet that makes the number positive and never shorter; three that grow with time; then 128
 * random bits: nodes need no word with each other, and nobody can guess the next.
 *
 * The first octet is another one after each time that the store was restored from a backup, so that
 * no number comes again even where a machine's random numbers would (threat T14). The three after
 * it put numbers made one after the other side by side in the store's index: of ten million
 * numbers, those of one commit then change a page or two, where random ones would change a page
 * each. */
#define SERIAL_PLACE_LEN 3
#define SERIAL_RANDOM_LEN 16
#define SERIAL_LEN (1 + SERIAL_PLACE_LEN + SERIAL_RANDOM_LEN)

MUST_CHECK bool serial_new(int64_t restorations, unsigned char ret[SERIAL_LEN], struct error *err);
