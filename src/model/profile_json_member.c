#include "model/profile_json_member.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "model/profile_words.h"

void *member_field(const struct member *member, struct profile *profile)
{
	return (char *)profile + member->offset;
}

const void *member_const_field(const struct member *member, const struct profile *profile)
{
	return (const char *)profile + member->offset;
}

bool member_text_up_to(const json_t *json, size_t max, const char *path, const char **ret,
		       struct error *err)
{
	const char *text = json_string_value(json);

	if (!text || strlen(text) != json_string_length(json))
		return error_set(err, REASON_INVALID, "%s: not a text", path);
	if (strlen(text) > max)
		return error_set(err, REASON_INVALID, "%s: longer than %zu bytes", path, max);
	*ret = text;
	return true;
}

bool member_text(const json_t *json, const char *path, const char **ret, struct error *err)
{
	return member_text_up_to(json, MEMBER_TEXT_MAX, path, ret, err);
}

/* -- words -- */

/* All enums of a profile are as wide as unsigned int. */
static json_t *write_words(const struct member *member, const struct profile *profile)
{
	unsigned int value;

	memcpy(&value, member_const_field(member, profile), sizeof value);
	return json_string(words_text(member->detail, value));
}

static bool refuse_word(const struct words *words, const char *path, struct error *err)
{
	char list[160];
	size_t len = 0;

	for (unsigned int i = 0; i < words->count && len < sizeof list; i++)
		len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i ? ", " : "",
					words->texts[i]);
	return error_set(err, REASON_INVALID, "%s: one of %s", path, list);
}

static bool read_words(const struct member *member, const json_t *json,
		       const struct reading *reading, const char *path, struct error *err)
{
	const char *text;
	unsigned int value;

	if (!member_text(json, path, &text, err))
		return false;
	if (!words_find(member->detail, text, &value))
		return refuse_word(member->detail, path, err);
	memcpy(member_field(member, reading->profile), &value, sizeof value);
	return true;
}

const struct form form_words = { write_words, read_words };

/* -- truth -- */

static json_t *write_boolean(const struct member *member, const struct profile *profile)
{
	return json_boolean(*(const bool *)member_const_field(member, profile));
}

static bool read_boolean(const struct member *member, const json_t *json,
			 const struct reading *reading, const char *path, struct error *err)
{
	if (!json_is_boolean(json))
		return error_set(err, REASON_INVALID, "%s: true or false", path);
	*(bool *)member_field(member, reading->profile) = json_is_true(json);
	return true;
}

const struct form form_boolean = { write_boolean, read_boolean };

/* -- text -- */

static json_t *write_text(const struct member *member, const struct profile *profile)
{
	const char *text = *(char *const *)member_const_field(member, profile);

	return text ? json_string(text) : json_null();
}

static bool read_text(const struct member *member, const json_t *json,
		      const struct reading *reading, const char *path, struct error *err)
{
	char **field = member_field(member, reading->profile);
	char *copy = NULL;

	if (!json_is_null(json)) {
		const char *text;
		if (!member_text(json, path, &text, err))
			return false;
		copy = strdup(text);
		if (!copy)
			return error_set(err, REASON_NO_MEMORY, "%s", path);
	}
	free(*field);
	*field = copy;
	return true;
}

const struct form form_text = { write_text, read_text };

/* -- numbers -- */

static json_t *write_id(const struct member *member, const struct profile *profile)
{
	return json_integer(*(const int64_t *)member_const_field(member, profile));
}

static bool read_number(const json_t *json, int64_t max, const char *path, int64_t *ret,
			struct error *err)
{
	if (!json_is_integer(json) || json_integer_value(json) < 0 ||
	    json_integer_value(json) > max)
		return error_set(err, REASON_INVALID, "%s: not a number in range", path);
	*ret = json_integer_value(json);
	return true;
}

static bool read_id(const struct member *member, const json_t *json, const struct reading *reading,
		    const char *path, struct error *err)
{
	return read_number(json, INT64_MAX, path, member_field(member, reading->profile), err);
}

const struct form form_id = { write_id, read_id };

static json_t *write_bits(const struct member *member, const struct profile *profile)
{
	return json_integer(*(const unsigned int *)member_const_field(member, profile));
}

static bool read_bits(const struct member *member, const json_t *json,
		      const struct reading *reading, const char *path, struct error *err)
{
	int64_t value = 0;

	if (!read_number(json, INT32_MAX, path, &value, err))
		return false;
	*(unsigned int *)member_field(member, reading->profile) = (unsigned int)value;
	return true;
}

const struct form form_bits = { write_bits, read_bits };

/* -- origins -- */

static json_t *write_origin(const struct member *member, const struct profile *profile)
{
	const char *text = origin_text(*(const struct origin *)member_const_field(member, profile));

	return text ? json_string(text) : json_null();
}

static bool read_origin(const struct member *member, const json_t *json,
			const struct reading *reading, const char *path, struct error *err)
{
	return member_origin(json, path, member_field(member, reading->profile), err);
}

bool member_origin(const json_t *json, const char *path, struct origin *ret, struct error *err)
{
	const char *text;

	*ret = (struct origin){ 0 };
	if (json_is_null(json))
		return true;
	if (!member_text(json, path, &text, err))
		return false;
	return origin_by_text(text, ret) ||
	       error_set(err, REASON_INVALID, "%s: \"%s\" is not known", path, text);
}

const struct form form_origin = { write_origin, read_origin };

/* -- durations -- */

static json_t *write_duration(const struct member *member, const struct profile *profile)
{
	char text[DURATION_TEXT_MAX];

	return json_string(
		duration_to_text(*(const int64_t *)member_const_field(member, profile), text));
}

static bool read_duration(const struct member *member, const json_t *json,
			  const struct reading *reading, const char *path, struct error *err)
{
	int64_t *field = member_field(member, reading->profile);
	const char *text;

	if (json_is_integer(json))
		return read_number(json, DURATION_MAX, path, field, err);
	if (!member_text(json, path, &text, NULL) || !duration_from_text(text, field))
		return error_set(err, REASON_INVALID,
				 "%s: a duration like \"30d\", \"12h\" or \"90m\"", path);
	return true;
}

const struct form form_duration = { write_duration, read_duration };

#define NEVER "never"

static json_t *write_window(const struct member *member, const struct profile *profile)
{
	if (*(const int64_t *)member_const_field(member, profile) == WINDOW_WITHOUT_END)
		return json_string(NEVER);
	return write_duration(member, profile);
}

static bool read_window(const struct member *member, const json_t *json,
			const struct reading *reading, const char *path, struct error *err)
{
	const char *text;

	if (!member_text(json, path, &text, NULL) || strcmp(text, NEVER) != 0)
		return read_duration(member, json, reading, path, err);
	*(int64_t *)member_field(member, reading->profile) = WINDOW_WITHOUT_END;
	return true;
}

const struct form form_window = { write_window, read_window };

/* -- an end, whatever the validity -- */

static json_t *write_not_after(const struct member *member, const struct profile *profile)
{
	int64_t not_after = *(const int64_t *)member_const_field(member, profile);
	char text[TIME_TEXT_MAX];

	if (not_after == 0)
		return json_null();
	return json_string(not_after == NOT_AFTER_NEVER ? NEVER : time_to_text(not_after, text));
}

static bool read_not_after(const struct member *member, const json_t *json,
			   const struct reading *reading, const char *path, struct error *err)
{
	int64_t *field = member_field(member, reading->profile);
	const char *text = json_is_null(json) ? NULL : "";
	int64_t seconds = 0;

	if (text && !member_text(json, path, &text, err))
		return false;
	if (text && strcmp(text, NEVER) == 0)
		seconds = NOT_AFTER_NEVER;
	else if (text && (!time_from_text(text, &seconds) || seconds <= 0))
		return error_set(err, REASON_INVALID,
				 "%s: a time like \"2049-12-31T23:59:59Z\", or \"never\"", path);
	*field = seconds;
	return true;
}

const struct form form_not_after = { write_not_after, read_not_after };

/* -- objects -- */

json_t *members_write(const struct members *members, const struct profile *profile)
{
	json_t *object = json_object();

	for (size_t i = 0; object && i < members->count; i++) {
		const struct member *member = &members->rows[i];
		/* takes the value over, also when it fails; a NULL value is a failure */
		if (json_object_set_new(object, member->name,
					member->form->write(member, profile)) != 0) {
			json_decref(object);
			return NULL;
		}
	}
	return object;
}

static const struct member *find_member(const struct members *members, const char *name)
{
	for (size_t i = 0; i < members->count; i++)
		if (strcmp(members->rows[i].name, name) == 0)
			return &members->rows[i];
	return NULL;
}

/* RFC 7396 removes a member by null; what is removed has its default again. */
static bool reset_member(const struct member *member, const struct reading *reading,
			 const char *path, struct error *err)
{
	json_t *value = member->form->write(member, reading->defaults);

	if (!value)
		return error_set(err, REASON_NO_MEMORY, "%s", path);
	bool read = member->form->read(member, value, reading, path, err);
	json_decref(value);
	return read;
}

static bool read_member(const struct member *member, const json_t *value,
			const struct reading *reading, const char *path, struct error *err)
{
	if (!member)
		return error_set(err, REASON_INVALID, "%s: there is no such member", path);
	if (member->given && !reading->whole)
		return error_set(err, REASON_INVALID, "%s: cannot be set", path);
	if (json_is_null(value) && reading->defaults)
		return reset_member(member, reading, path, err);
	return member->form->read(member, value, reading, path, err);
}

bool members_read(const struct members *members, const json_t *object,
		  const struct reading *reading, const char *path, struct error *err)
{
	char inner[MEMBER_PATH_MAX];
	const char *name;
	json_t *value;

	if (!json_is_object(object))
		return error_set(err, REASON_INVALID, "%s: not an object",
				 *path ? path : "profile");
	json_object_foreach((json_t *)object, name, value)
	{
		snprintf(inner, sizeof inner, "%s%s%s", path, *path ? "." : "", name);
		if (!read_member(find_member(members, name), value, reading, inner, err))
			return false;
	}
	return true;
}

static json_t *write_object(const struct member *member, const struct profile *profile)
{
	return members_write(member->detail, profile);
}

static bool read_object(const struct member *member, const json_t *json,
			const struct reading *reading, const char *path, struct error *err)
{
	return members_read(member->detail, json, reading, path, err);
}

const struct form form_object = { write_object, read_object };
