#include "manage/csv.h"

#include <string.h>

#include "base/utf8.h"

struct bytes csv_without_mark(struct bytes text)
{
	static const unsigned char mark[] = { 0xef, 0xbb, 0xbf };

	if (text.len < sizeof mark || memcmp(text.data, mark, sizeof mark) != 0)
		return text;
	return (struct bytes){ text.data + sizeof mark, text.len - sizeof mark };
}

static bool malformed(const char *what, struct error *err)
{
	return error_set(err, REASON_IMPORT_MALFORMED, "%s", what);
}

static bool check_text(struct bytes line, struct error *err)
{
	if (line.len > CSV_LINE_MAX)
		return error_set(err, REASON_IMPORT_MALFORMED, "longer than %d octets",
				 CSV_LINE_MAX);
	while (line.len) {
		uint32_t code_point = utf8_take(&line);

		if (code_point == UTF8_INVALID)
			return malformed("no UTF-8 text", err);
		if (utf8_is_unprintable(code_point))
			return malformed("a control character or an invisible mark", err);
	}
	return true;
}

/* A field under way: where the line is read, and where the text goes. */
struct cursor {
	struct bytes line;
	char *to;
};

static bool at_field_end(const struct cursor *cursor)
{
	return cursor->line.len == 0 || cursor->line.data[0] == ',';
}

static char take(struct cursor *cursor)
{
	char c = (char)cursor->line.data[0];

	cursor->line.data++;
	cursor->line.len--;
	return c;
}

static bool read_bare(struct cursor *cursor, struct error *err)
{
	while (!at_field_end(cursor)) {
		char c = take(cursor);

		if (c == '"')
			return malformed("a quote inside a field that does not begin with one",
					 err);
		*cursor->to++ = c;
	}
	return true;
}

/* Behind the opening quote; two quotes are one. */
static bool read_quoted(struct cursor *cursor, struct error *err)
{
	while (cursor->line.len) {
		char c = take(cursor);

		if (c == '"' && cursor->line.len && cursor->line.data[0] == '"')
			(void)take(cursor);
		else if (c == '"')
			return at_field_end(cursor) ||
			       malformed("text behind a closing quote", err);
		*cursor->to++ = c;
	}
	return malformed("a quote that is not closed in its line", err);
}

static bool read_field(struct cursor *cursor, struct csv_record *ret, struct error *err)
{
	bool quoted = cursor->line.len && cursor->line.data[0] == '"';

	if (ret->count == CSV_FIELDS_MAX)
		return error_set(err, REASON_IMPORT_MALFORMED, "more than %d fields",
				 CSV_FIELDS_MAX);
	ret->fields[ret->count++] = cursor->to;
	if (quoted)
		(void)take(cursor);
	if (!(quoted ? read_quoted(cursor, err) : read_bare(cursor, err)))
		return false;
	*cursor->to++ = '\0';
	return true;
}

bool csv_read(struct bytes *rest, struct csv_record *ret, struct error *err)
{
	struct cursor cursor = { bytes_take_line(rest), ret->text };

	ret->count = 0;
	if (!check_text(cursor.line, err))
		return false;
	if (cursor.line.len == 0)
		return true;
	for (;;) {
		if (!read_field(&cursor, ret, err))
			return false;
		if (cursor.line.len == 0)
			return true;
		(void)take(&cursor);
	}
}
