/* The lines of an INI text, by way of inih: the only file that includes it. inih is lenient (cuts
 * long lines, joins indented ones, takes ':' for '='), so only lines with one meaning reach it. */
#pragma once

#include "base/bytes.h"

#define INI_LINE_MAX 190 /* inih, as Debian builds it, holds 199 octets with the line's end */
#define INI_NAME_MAX 48  /* of sections and keys; inih holds 49 */

struct ini_place {
	unsigned int line, key_column, value_column; /* from 1 */
};

struct ini_reader {
	void *context;
	void (*on_value)(void *context, const struct ini_place *place, const char *section,
			 const char *key, const char *value);
	/* A line that is neither section, key = value, comment nor empty, or too long. */
	void (*on_problem)(void *context, const struct ini_place *place, const char *words);
};

void ini_read(struct bytes text, const struct ini_reader *reader);
