#include "bestowctl/print.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/print_clean.h"
#include "base/utf8.h"

#define COLUMN_GAP 2
#define COLUMN_MAX 60 /* wider cells push the rest of their row, not every row */

/* -- text that came over the wire -- */

static void append_shown(struct buffer *to, const char *text)
{
	CLEANUP(freep) char *clean = strdup(text);

	if (!clean)
		return;
	utf8_clean(clean);
	buffer_append_text(to, clean);
}

void print_text(const char *text)
{
	CLEANUP(buffer_done) struct buffer shown = { 0 };

	append_shown(&shown, text);
	if (shown.len)
		fwrite(shown.data, 1, shown.len, stdout);
}

void print_json(const json_t *json)
{
	json_dumpf(json, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII);
	putchar('\n');
}

/* -- reading -- */

const json_t *json_at(const json_t *object, const char *path)
{
	for (;;) {
		size_t len = strcspn(path, ".");

		object = json_object_getn(object, path, len);
		if (!object || path[len] == '\0')
			return object;
		path += len + 1;
	}
}

const char *json_text_at(const json_t *object, const char *path)
{
	const char *text = json_string_value(json_at(object, path));

	return text ? text : "";
}

/* -- one cell -- */

static void append_plain(struct buffer *to, const json_t *value);

static void append_list(struct buffer *to, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		if (i)
			buffer_append_text(to, ", ");
		append_plain(to, json_array_get(list, i));
	}
}

static void append_plain(struct buffer *to, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		append_shown(to, json_string_value(value));
		return;
	case JSON_INTEGER:
		buffer_printf(to, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return;
	case JSON_TRUE:
		buffer_append_text(to, "yes");
		return;
	case JSON_FALSE:
		buffer_append_text(to, "no");
		return;
	case JSON_ARRAY:
		append_list(to, value);
		return;
	case JSON_NULL:
		buffer_append_text(to, "-");
		return;
	case JSON_OBJECT:
	case JSON_REAL: {
		char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

		append_shown(to, text ? text : "");
		free(text);
		return;
	}
	}
}

static void append_date(struct buffer *to, const json_t *value)
{
	const char *text = json_string_value(value);

	buffer_printf(to, "%.10s", text ? text : "-");
}

/* "2027-01-31T12:00:00Z" as people write it. */
static void append_time(struct buffer *to, const json_t *value)
{
	const char *text = json_string_value(value);

	if (!text || strlen(text) != 20)
		append_plain(to, value);
	else
		buffer_printf(to, "%.10s %.8s UTC", text, text + 11);
}

void print_fingerprint(struct buffer *to, const json_t *value)
{
	const char *text = json_string_value(value);

	for (size_t i = 0; text && text[i]; i++) {
		if (i && i % 2 == 0)
			buffer_append_byte(to, ':');
		buffer_append_byte(to, (unsigned char)toupper((unsigned char)text[i]));
	}
}

static void append_yes(struct buffer *to, const json_t *value)
{
	buffer_append_text(to, json_is_true(value) ? "yes" : "-");
}

static void append_sans(struct buffer *to, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(value); i++) {
		const json_t *item = json_array_get(value, i);

		if (i)
			buffer_append_text(to, ", ");
		append_shown(to, json_text_at(item, "type"));
		buffer_append_byte(to, ':');
		append_shown(to, json_text_at(item, "value"));
	}
}

static void append_cell(struct buffer *to, const json_t *value, enum look look)
{
	static void (*const looks[])(struct buffer *, const json_t *) = {
		[LOOK_TEXT] = append_plain,   [LOOK_DATE] = append_date,
		[LOOK_TIME] = append_time,    [LOOK_FINGERPRINT] = print_fingerprint,
		[LOOK_SERIAL] = append_plain, [LOOK_YES] = append_yes,
		[LOOK_SANS] = append_sans,
	};
	size_t before = to->len;

	if (value && !json_is_null(value))
		looks[look](to, value);
	if (to->len == before)
		buffer_append_text(to, "-");
}

/* -- tables -- */

static size_t width_of(struct bytes text)
{
	size_t width = 0;

	for (size_t i = 0; i < text.len; i++)
		width += (text.data[i] & 0xc0) != 0x80; /* not a continuation byte */
	return width;
}

static size_t width_of_column(const json_t *list, const struct column *column)
{
	size_t widest = strlen(column->title);

	for (size_t i = 0; i < json_array_size(list); i++) {
		CLEANUP(buffer_done) struct buffer cell = { 0 };

		append_cell(&cell, json_at(json_array_get(list, i), column->path), column->look);
		size_t width = width_of(buffer_view(&cell));
		if (width > widest && width <= COLUMN_MAX)
			widest = width;
	}
	return widest;
}

static void print_cell(const struct invocation *invocation, struct bytes text, size_t width,
		       bool is_last)
{
	fwrite(text.data, 1, text.len, stdout);
	if (is_last)
		putchar('\n');
	else if (invocation->global->plain)
		putchar('\t');
	else
		for (size_t w = width_of(text); w < width + COLUMN_GAP; w++)
			putchar(' ');
}

void print_table(const struct invocation *invocation, const json_t *list,
		 const struct column *columns, size_t count, const char *empty)
{
	size_t widths[16] = { 0 };

	if (json_array_size(list) == 0) {
		fprintf(stderr, "%s\n", empty);
		return;
	}
	for (size_t c = 0; c < count; c++)
		widths[c] = width_of_column(list, &columns[c]);
	for (size_t c = 0; c < count && !invocation->global->plain; c++)
		print_cell(invocation, bytes_of_string(columns[c].title), widths[c],
			   c + 1 == count);
	for (size_t i = 0; i < json_array_size(list); i++)
		for (size_t c = 0; c < count; c++) {
			CLEANUP(buffer_done) struct buffer cell = { 0 };

			append_cell(&cell, json_at(json_array_get(list, i), columns[c].path),
				    columns[c].look);
			print_cell(invocation, buffer_view(&cell), widths[c], c + 1 == count);
		}
}

void print_fields(const json_t *object, const struct column *fields, size_t count)
{
	size_t widest = 0;

	for (size_t i = 0; i < count; i++)
		widest = strlen(fields[i].title) > widest ? strlen(fields[i].title) : widest;
	for (size_t i = 0; i < count; i++) {
		CLEANUP(buffer_done) struct buffer cell = { 0 };
		const json_t *value = json_at(object, fields[i].path);

		if (!value || json_is_null(value))
			continue;
		append_cell(&cell, value, fields[i].look);
		printf("%-*s  %s\n", (int)widest, fields[i].title, buffer_cstring(&cell));
	}
}

void print_extensions(const json_t *extensions)
{
	for (size_t i = 0; i < json_array_size(extensions); i++) {
		const json_t *extension = json_array_get(extensions, i);

		fputs("  ", stdout);
		print_text(json_text_at(extension, "name"));
		fputs(json_is_true(json_at(extension, "critical")) ? " (critical): " : ": ",
		      stdout);
		print_text(json_text_at(extension, "words"));
		putchar('\n');
	}
}

/* -- talk -- */

void print_warnings(const json_t *warnings)
{
	for (size_t i = 0; i < json_array_size(warnings); i++) {
		CLEANUP(buffer_done) struct buffer text = { 0 };

		append_plain(&text, json_array_get(warnings, i));
		fprintf(stderr, "warning: %s\n", buffer_cstring(&text));
	}
}

void print_hint(const struct invocation *invocation, const char *format, ...)
{
	va_list args;

	if (invocation->global->quiet || invocation->global->json)
		return;
	fputs("  ", stderr);
	va_start(args, format);
	print_clean(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}
