#include "manage/params.h"

#include <ctype.h>
#include <string.h>

#include "base/base64.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/secret.h"
#include "base/utf8.h"

static bool is_one_line(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

/* -- one check per type; each says what would have been right -- */

static bool is_text(const json_t *value)
{
	return json_is_string(value) && json_string_length(value) <= PARAM_TEXT_MAX &&
	       is_one_line(json_string_value(value));
}

static bool is_flag(const json_t *value)
{
	return json_is_boolean(value);
}

static bool is_number(const json_t *value)
{
	return json_is_integer(value) && json_integer_value(value) >= 0;
}

static bool is_array_of(const json_t *value, bool (*is_item)(const json_t *))
{
	size_t i;
	json_t *item;

	if (!json_is_array(value) || json_array_size(value) > PARAM_TEXTS_MAX)
		return false;
	json_array_foreach((json_t *)value, i, item) if (!is_item(item)) return false;
	return true;
}

static bool is_texts(const json_t *value)
{
	return is_array_of(value, is_text);
}

static bool is_numbers(const json_t *value)
{
	return is_array_of(value, is_number);
}

static bool read_span(const json_t *value, int64_t *ret)
{
	if (!json_is_integer(value))
		return json_is_string(value) && duration_from_text(json_string_value(value), ret);
	*ret = json_integer_value(value);
	return *ret >= 0 && *ret <= DURATION_MAX;
}

static bool is_span(const json_t *value)
{
	int64_t seconds;

	return read_span(value, &seconds);
}

static bool is_duration(const json_t *value)
{
	int64_t seconds;

	return read_span(value, &seconds) && seconds > 0;
}

static bool is_time(const json_t *value)
{
	int64_t seconds;

	return json_is_string(value) && time_from_text(json_string_value(value), &seconds);
}

static bool is_object(const json_t *value)
{
	return json_is_object(value);
}

static bool is_file(const json_t *value)
{
	return json_is_string(value) && json_string_length(value) > 0 &&
	       json_string_length(value) <= PARAM_FILE_MAX / 3 * 4 + 4;
}

static bool is_secret(const json_t *value)
{
	return json_is_string(value) && json_string_length(value) <= PARAM_SECRET_MAX;
}

static const struct {
	bool (*holds)(const json_t *value);
	const char *words;
} types[] = {
	[PARAM_TEXT] = { is_text, "one line of text of at most 1024 characters" },
	[PARAM_TEXTS] = { is_texts, "a list of at most 1000 texts" },
	[PARAM_FLAG] = { is_flag, "true or false" },
	[PARAM_NUMBER] = { is_number, "a whole number, 0 or more" },
	[PARAM_NUMBERS] = { is_numbers, "a list of whole numbers" },
	[PARAM_DURATION] = { is_duration, "a duration like 90d, 12h or 10y, of at most 100 years" },
	[PARAM_SPAN] = { is_span, "a duration like 7d or 12h, of at most 100 years, or 0" },
	[PARAM_TIME] = { is_time, "a time like 2027-01-31 or 2027-01-31T12:00:00Z" },
	[PARAM_OBJECT] = { is_object, "an object" },
	[PARAM_FILE] = { is_file, "the base64 of a file of at most 1 MiB" },
	[PARAM_SECRET] = { is_secret, "a text of at most 1024 characters" },
};

static const struct param *find_row(const struct param *rows, const char *name)
{
	for (; rows && rows->name; rows++)
		if (strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

bool params_check(const json_t *params, const struct param *rows, struct error *err)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)params, name, value)
	{
		const struct param *row = find_row(rows, name);

		if (!row)
			return error_set(err, REASON_INVALID, "params.%s: unknown", name);
		if (!json_is_null(value) && !types[row->type].holds(value))
			return error_set(err, REASON_INVALID, "params.%s: must be %s", name,
					 types[row->type].words);
	}
	for (; rows && rows->name; rows++)
		if (rows->required && !param_is_given(params, rows->name))
			return error_set(err, REASON_INVALID, "params.%s: is missing", rows->name);
	return true;
}

static void wipe_text(json_t *value)
{
	if (json_is_string(value))
		memory_wipe((char *)json_string_value(value), json_string_length(value));
}

void params_wipe(json_t *params, const struct param *rows)
{
	for (; rows && rows->name; rows++)
		if (rows->type == PARAM_SECRET || rows->type == PARAM_FILE)
			wipe_text(json_object_get(params, rows->name));
}

bool param_is_given(const json_t *params, const char *name)
{
	const json_t *value = json_object_get(params, name);

	return value && !json_is_null(value);
}

const char *param_text(const json_t *params, const char *name)
{
	return json_string_value(json_object_get(params, name));
}

bool param_flag(const json_t *params, const char *name)
{
	return json_is_true(json_object_get(params, name));
}

int64_t param_number(const json_t *params, const char *name, int64_t otherwise)
{
	const json_t *value = json_object_get(params, name);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

int64_t param_duration(const json_t *params, const char *name, int64_t otherwise)
{
	const char *text = param_text(params, name);
	int64_t seconds;

	if (text && duration_from_text(text, &seconds))
		return seconds;
	return param_number(params, name, otherwise);
}

int64_t param_time(const json_t *params, const char *name, int64_t otherwise)
{
	const char *text = param_text(params, name);
	int64_t seconds;

	return text && time_from_text(text, &seconds) ? seconds : otherwise;
}

const json_t *param_list(const json_t *params, const char *name)
{
	const json_t *value = json_object_get(params, name);

	return json_is_array(value) ? value : NULL;
}

const json_t *param_object(const json_t *params, const char *name)
{
	const json_t *value = json_object_get(params, name);

	return json_is_object(value) ? value : NULL;
}

struct bytes param_secret(const json_t *params, const char *name)
{
	const json_t *value = json_object_get(params, name);

	return (struct bytes){ (const unsigned char *)json_string_value(value),
			       json_string_length(value) };
}

bool param_file(const json_t *params, const char *name, struct buffer *ret, struct error *err)
{
	struct error ignored;

	if (base64_decode(param_secret(params, name), ret, &ignored))
		return true;
	if (ignored.reason == REASON_NO_MEMORY)
		return error_set(err, REASON_NO_MEMORY, "params.%s", name);
	return error_set(err, REASON_INVALID, "params.%s: is not base64", name);
}

/* Nothing that a shell or a terminal reads as more than a letter: names stand in proposed commands.
 */
static bool may_be_inside(uint32_t code_point)
{
	if (code_point < 0x80)
		return code_point && (isalnum((int)code_point) || strchr(" ._-", (int)code_point));
	return code_point != UTF8_INVALID && !utf8_is_unprintable(code_point);
}

bool object_name_check(const char *name, struct error *err)
{
	struct bytes rest = bytes_of_string(name);

	if (rest.len == 0 || rest.len > NAME_MAX_LEN)
		return error_set(err, REASON_INVALID, "a name has 1 to %d bytes", NAME_MAX_LEN);
	if (text_is_dot_segment(name))
		return error_set(err, REASON_INVALID,
				 "\"%s\" is no name: in a URL it would name what stands above",
				 name);
	if (strchr(" -", name[0]) || name[rest.len - 1] == ' ')
		return error_set(err, REASON_INVALID,
				 "a name neither begins with a space or '-' nor ends with a space");
	while (rest.len)
		if (!may_be_inside(utf8_take(&rest)))
			return error_set(err, REASON_INVALID,
					 "a name is made of letters, digits, space, '.', '_', '-'");
	return true;
}
