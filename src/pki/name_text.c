#include <ctype.h>
#include <string.h>

#include "base/hex.h"
#include "pki/der.h"
#include "pki/name_attribute.h"
#include "pki/name_entries.h"

#define ESCAPED "\"+,;<>\\=" /* RFC 4514 2.4, and '=' for readers that split at it */

static void write_type(struct buffer *to, const struct name_entry *entry)
{
	const char *text = name_attribute_text(entry->attribute);

	if (text)
		buffer_append_text(to, text);
	else if (!oid_to_text(entry->type, to))
		buffer_append_text(to, "?");
}

/* RFC 4514 2.4: also a leading '#', and spaces at either end. */
static void write_value(struct buffer *to, const char *value)
{
	for (size_t i = 0; value[i]; i++) {
		bool is_edge_space = value[i] == ' ' && (i == 0 || value[i + 1] == '\0');
		bool is_leading_hash = value[i] == '#' && i == 0;

		if (is_edge_space || is_leading_hash || strchr(ESCAPED, value[i]))
			buffer_append_byte(to, '\\');
		buffer_append_byte(to, (unsigned char)value[i]);
	}
}

void name_to_text(const struct name *name, struct buffer *ret)
{
	for (size_t i = 0; i < name->count; i++) {
		const struct name_entry *entry = &name->entries[i];

		if (i > 0)
			buffer_append_text(ret, entry->joined ? "+" : ", ");
		write_type(ret, entry);
		buffer_append_byte(ret, '=');
		write_value(ret, entry->value);
	}
}

/* -- reading -- */

static const char *skip_spaces(const char *at)
{
	return at + strspn(at, " ");
}

static bool read_type(const char **text, enum name_attribute *ret, struct error *err)
{
	const char *start = skip_spaces(*text);
	size_t len = strcspn(start, "=,+ ");
	CLEANUP(freep) char *type = strndup(start, len);

	if (!type)
		return error_set(err, REASON_NO_MEMORY, "name");
	enum name_attribute attribute = name_attribute_by_text(type);
	if (attribute == NAME_UNKNOWN)
		return error_set(err, REASON_NAME_INVALID,
				 "\"%s\" is no attribute; write CN, O, OU, serialNumber ...", type);
	const char *equals = skip_spaces(start + len);
	if (*equals != '=')
		return error_set(err, REASON_NAME_INVALID, "no '=' after %s", type);
	*text = equals + 1;
	*ret = attribute;
	return true;
}

/* RFC 4514 3: a backslash takes the next character as it is, or two hexadecimal digits as an octet.
 */
static bool read_escape(const char **text, struct buffer *to, struct error *err)
{
	const char *at = *text + 1;
	unsigned char octet;
	size_t len;

	if (isxdigit((unsigned char)at[0]) && isxdigit((unsigned char)at[1])) {
		char digits[] = { at[0], at[1], '\0' };

		if (!hex_decode(digits, &octet, 1, &len) || octet == 0)
			return error_set(err, REASON_NAME_INVALID, "\\%s stands for no character",
					 digits);
		buffer_append_byte(to, octet);
		*text = at + 2;
		return true;
	}
	if (*at == '\0' || !strchr(ESCAPED " #", *at))
		return error_set(err, REASON_NAME_INVALID, "a backslash before nothing to escape");
	buffer_append_byte(to, (unsigned char)*at);
	*text = at + 1;
	return true;
}

/* Up to the ',' or '+' that ends the value; spaces at its end go unless they were escaped. */
static bool read_value(const char **text, struct buffer *to, struct error *err)
{
	const char *at = skip_spaces(*text);
	size_t keep = 0;

	while (*at && *at != ',' && *at != '+') {
		bool is_space = *at == ' ';

		if (*at == '\\') {
			if (!read_escape(&at, to, err))
				return false;
		} else if (strchr("\";<>", *at)) {
			return error_set(err, REASON_NAME_INVALID, "'%c' needs a backslash", *at);
		} else {
			buffer_append_byte(to, (unsigned char)*at++);
		}
		if (!is_space)
			keep = to->len;
	}
	to->len = to->len ? keep : 0;
	*text = at;
	return true;
}

static bool read_entry(const char **text, bool joined, struct name *to, struct error *err)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };
	enum name_attribute attribute = NAME_UNKNOWN;

	if (!read_type(text, &attribute, err) || !read_value(text, &value, err))
		return false;
	const char *string = buffer_cstring(&value);
	if (!string)
		return error_set(err, REASON_NO_MEMORY, "name");
	if (!name_append(to, attribute, string, err))
		return false;
	to->entries[to->count - 1].joined = joined;
	return true;
}

bool name_from_text(const char *text, struct name *ret, struct error *err)
{
	CLEANUP(name_done) struct name name = { 0 };
	bool more = *skip_spaces(text) != '\0';

	for (bool joined = false; more;) {
		if (!read_entry(&text, joined, &name, err))
			return false;
		joined = *text == '+';
		more = *text != '\0';
		text += more;
	}
	*ret = name;
	name = (struct name){ 0 };
	return true;
}
