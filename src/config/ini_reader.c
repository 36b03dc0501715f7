#include "config/ini_reader.h"

#include <stdio.h>
#include <string.h>

#include <ini.h>

struct reading {
	const struct ini_reader *reader;
	struct bytes rest;
	struct ini_place place;
};

static bool is_blank(unsigned char octet)
{
	return octet == ' ' || octet == '\t' || octet == '\r';
}

static struct bytes trim(struct bytes line)
{
	while (line.len && is_blank(line.data[0]))
		line = (struct bytes){ line.data + 1, line.len - 1 };
	while (line.len && is_blank(line.data[line.len - 1]))
		line.len--;
	return line;
}

static const char *check_section(struct bytes line)
{
	const unsigned char *end = memchr(line.data, ']', line.len);

	if (!end)
		return "a section ends in ]";
	struct bytes after =
		trim((struct bytes){ end + 1, line.len - 1 - (size_t)(end - line.data) });
	if (after.len && after.data[0] != ';' && after.data[0] != '#')
		return "text after the section's ]";
	return end - line.data - 1 > INI_NAME_MAX ? "a section's name is too long" : NULL;
}

static const char *check_key(struct bytes line)
{
	const unsigned char *equals = memchr(line.data, '=', line.len);

	if (!equals)
		return "neither [section] nor key = value";
	struct bytes key = trim((struct bytes){ line.data, (size_t)(equals - line.data) });
	if (key.len == 0)
		return "a value without a key";
	if (key.len > INI_NAME_MAX)
		return "a key is too long";
	if (memchr(key.data, ':', key.len) || memchr(key.data, ';', key.len))
		return "a key holds letters, digits and _ only";
	return NULL;
}

static bool is_comment(struct bytes line)
{
	return line.len == 0 || line.data[0] == '#' || line.data[0] == ';';
}

static const char *check_line(struct bytes line)
{
	if (memchr(line.data, '\0', line.len))
		return "a NUL";
	if (is_comment(line))
		return NULL;
	if (line.len > INI_LINE_MAX)
		return "the line is too long";
	return line.data[0] == '[' ? check_section(line) : check_key(line);
}

static void note_place(struct ini_place *place, struct bytes raw, struct bytes line)
{
	const unsigned char *equals = line.len ? memchr(line.data, '=', line.len) : NULL;

	place->line++;
	place->key_column = (unsigned int)(line.data - raw.data) + 1;
	place->value_column = place->key_column;
	if (!equals)
		return;
	while (++equals < line.data + line.len && is_blank(*equals))
		;
	place->value_column = (unsigned int)(equals - raw.data) + 1;
}

/* inih asks for line after line, as by fgets(). It gets an empty one in place of a bad one. */
static char *give_line(char *into, int size, void *stream)
{
	struct reading *reading = stream;

	if (reading->rest.len == 0 || size < INI_LINE_MAX + 2)
		return NULL;
	struct bytes raw = bytes_take_line(&reading->rest);
	struct bytes line = trim(raw);
	note_place(&reading->place, raw, line);
	const char *problem = line.len ? check_line(line) : NULL;
	if (problem)
		reading->reader->on_problem(reading->reader->context, &reading->place, problem);
	size_t len = problem || is_comment(line) ? 0 : line.len;
	if (len)
		memcpy(into, line.data, len);
	memcpy(into + len, "\n", 2);
	return into;
}

static int take_value(void *context, const char *section, const char *key, const char *value)
{
	const struct reading *reading = context;

	if (!key)
		return 1;
	reading->reader->on_value(reading->reader->context, &reading->place, section, key,
				  value ? value : "");
	return 1;
}

void ini_read(struct bytes text, const struct ini_reader *reader)
{
	struct reading reading = { .reader = reader, .rest = text };

	if (bytes_starts_with(text, BYTES_LITERAL("\xef\xbb\xbf")))
		reading.rest = (struct bytes){ text.data + 3, text.len - 3 };
	(void)ini_parse_stream(give_line, &reading, take_value, &reading);
}
