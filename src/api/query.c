/* application/x-www-form-urlencoded, as the URL of a list carries it. */
#include <stdlib.h>
#include <string.h>

#include "api/route.h"
#include "base/hex.h"
#include "base/utf8.h"

#define QUERY_VALUE_MAX 4096

static int hex_value(char c)
{
	unsigned char value;
	size_t len;
	const char text[] = { '0', c, '\0' };

	return hex_decode(text, &value, 1, &len) && len == 1 ? value : -1;
}

/* `into` has room for what is at most as long. */
static bool decode(struct bytes text, char *into, size_t *ret_len)
{
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = (char)text.data[i];

		if (c == '+')
			c = ' ';
		if (c == '%') {
			int high = i + 1 < text.len ? hex_value((char)text.data[i + 1]) : -1;
			int low = i + 2 < text.len ? hex_value((char)text.data[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if (c == '\0')
			return false;
		into[len++] = c;
	}
	into[len] = '\0';
	*ret_len = len;
	return true;
}

static const struct param *find_row(const struct param *rows, const char *name)
{
	for (; rows && rows->name; rows++)
		if (strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

static json_t *read_number(const char *text)
{
	char *end;
	long long number = strtoll(text, &end, 10);

	return *text && *end == '\0' ? json_integer(number) : json_string(text);
}

/* What the verb makes of a wrong text is the verb's to say. */
static json_t *read_value(const struct param *row, const char *text)
{
	if (row && (row->type == PARAM_NUMBER || row->type == PARAM_NUMBERS))
		return read_number(text);
	if (row && row->type == PARAM_FLAG && (strcmp(text, "true") == 0 || *text == '\0'))
		return json_true();
	if (row && row->type == PARAM_FLAG && strcmp(text, "false") == 0)
		return json_false();
	return json_string(text);
}

static bool is_list(const struct param *row)
{
	return row && (row->type == PARAM_TEXTS || row->type == PARAM_NUMBERS);
}

static bool add_to_list(json_t *params, const char *name, json_t *value)
{
	json_t *list = json_object_get(params, name);

	if (!list) {
		list = json_array();
		if (json_object_set_new(params, name, list) != 0) {
			json_decref(value);
			return false;
		}
	}
	return json_array_append_new(list, value) == 0;
}

static bool add(const struct param *rows, const char *name, const char *text, json_t *params,
		struct error *err)
{
	const struct param *row = find_row(rows, name);
	json_t *value = read_value(row, text);

	if (!value)
		return error_set(err, REASON_INVALID, "the query's %s is no UTF-8 text", name);
	if (is_list(row))
		return add_to_list(params, name, value) ||
		       error_set(err, REASON_NO_MEMORY, "query");
	if (json_object_get(params, name)) {
		json_decref(value);
		return error_set(err, REASON_INVALID, "the query gives %s twice", name);
	}
	return json_object_set_new(params, name, value) == 0 ||
	       error_set(err, REASON_NO_MEMORY, "query");
}

static bool read_pair(struct bytes pair, const struct param *rows, const char *reserved,
		      json_t *params, struct error *err)
{
	const unsigned char *sign = memchr(pair.data, '=', pair.len);
	struct bytes name = { pair.data, sign ? (size_t)(sign - pair.data) : pair.len };
	struct bytes value = { sign ? sign + 1 : pair.data + pair.len,
			       sign ? pair.len - name.len - 1 : 0 };
	char name_text[QUERY_VALUE_MAX + 1], value_text[QUERY_VALUE_MAX + 1];
	size_t name_len, value_len;

	if (name.len == 0 || name.len > QUERY_VALUE_MAX || value.len > QUERY_VALUE_MAX ||
	    !decode(name, name_text, &name_len) || !decode(value, value_text, &value_len))
		return error_set(err, REASON_INVALID, "the query is malformed");
	if (reserved && strcmp(name_text, reserved) == 0)
		return true;
	return add(rows, name_text, value_text, params, err);
}

bool query_read(const char *query, const struct param *rows, const char *reserved, json_t *params,
		struct error *err)
{
	while (*query) {
		size_t len = strcspn(query, "&");
		struct bytes pair = { (const unsigned char *)query, len };

		if (len && !read_pair(pair, rows, reserved, params, err))
			return false;
		query += len + (query[len] == '&');
	}
	return true;
}
