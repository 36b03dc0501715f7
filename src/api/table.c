#include "api/table.h"

#include <string.h>

static void append_dumped(const json_t *json, struct buffer *to)
{
	char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY);

	buffer_append_text(to, text ? text : "");
	free(text);
}

/* What a spreadsheet takes for a formula (also behind the quotes of CSV). */
static bool is_formula(const char *text)
{
	return *text && strchr("=+-@\t\r", *text);
}

static void append_field(const char *text, struct buffer *to)
{
	buffer_append_byte(to, '"');
	if (is_formula(text))
		buffer_append_byte(to, '\'');
	for (; *text; text++) {
		if (*text == '"')
			buffer_append_byte(to, '"');
		buffer_append_byte(to, (unsigned char)*text);
	}
	buffer_append_byte(to, '"');
}

static void append_value(const json_t *value, struct buffer *to)
{
	char *text;

	if (json_is_null(value))
		return;
	if (json_is_string(value)) {
		append_field(json_string_value(value), to);
		return;
	}
	if (json_is_number(value) || json_is_boolean(value)) {
		append_dumped(value, to);
		return;
	}
	text = json_dumps(value, JSON_COMPACT);
	append_field(text ? text : "", to);
	free(text);
}

static void append_header(const json_t *object, struct buffer *to)
{
	const char *name, *comma = "";
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		buffer_append_text(to, comma);
		append_field(name, to);
		comma = ",";
	}
	buffer_append_text(to, "\r\n");
}

static void append_row(const json_t *object, struct buffer *to)
{
	const char *name, *comma = "";
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		buffer_append_text(to, comma);
		append_value(value, to);
		comma = ",";
	}
	buffer_append_text(to, "\r\n");
}

void table_append(const json_t *object, enum table_form form, bool header, struct buffer *to)
{
	if (form == TABLE_NDJSON) {
		append_dumped(object, to);
		buffer_append_byte(to, '\n');
		return;
	}
	if (header)
		append_header(object, to);
	append_row(object, to);
}
