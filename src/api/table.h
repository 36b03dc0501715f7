/* The two forms of a whole list: NDJSON, an object a line, and CSV. */
#pragma once

#include <jansson.h>

#include "base/bytes.h"

enum table_form { TABLE_NDJSON, TABLE_CSV };

/* Appends one object. In CSV the first one's members are the columns, which `header` asks for; a
 * text that a spreadsheet would run as a formula gets an apostrophe before it. */
void table_append(const json_t *object, enum table_form form, bool header, struct buffer *to);
