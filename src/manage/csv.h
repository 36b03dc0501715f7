/* Comma-separated values (RFC 4180), strictly: a record is one line, so that a file can be sent in
 * pieces and a mistake has a line number. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#define CSV_LINE_MAX 2048 /* octets, without the line's end */
#define CSV_FIELDS_MAX 16

/* One record, its quotes taken off. */
struct csv_record {
	char text[CSV_LINE_MAX + 1]; /* the fields, one after the other, each with its end */
	const char *fields[CSV_FIELDS_MAX];
	size_t count;
};

/* Takes a line off the front of *rest, which is not empty, with its LF or CRLF, and reads it into
 * *ret; an empty line has no field. Refused with REASON_IMPORT_MALFORMED, the line being taken all
 * the same: a quote that is not closed in its line, a quote inside a bare field, text after a
 * closing quote, control characters, invalid UTF-8, too many fields, a line that is too long. */
MUST_CHECK bool csv_read(struct bytes *rest, struct csv_record *ret, struct error *err);
/* Drops the byte order mark that some programs put before the first line. */
struct bytes csv_without_mark(struct bytes text);
