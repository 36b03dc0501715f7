#include "bestowctl/argument_value.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/file.h"
#include "base/secret.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/patch.h"

#define FILE_MAX (1024 * 1024)
#define SECRET_MAX 1024

static json_t *target_of(const struct invocation *invocation, const struct argument *row)
{
	return row->param ? invocation->params : invocation->own;
}

static const char *key_of(const struct argument *row)
{
	return row->param ? row->param : row->name;
}

bool argument_value_is_set(const struct invocation *invocation, const struct argument *row)
{
	return json_object_get(target_of(invocation, row), key_of(row)) != NULL;
}

static int keep(struct invocation *invocation, const struct argument *row, json_t *value)
{
	if (json_object_set_new(target_of(invocation, row), key_of(row), value) != 0)
		return fail_usage("%s: the value is no UTF-8 text", row->name);
	return EXIT_DONE;
}

static int set_text(struct invocation *invocation, const struct argument *row, const char *value)
{
	return keep(invocation, row, json_string(value));
}

static int set_texts(struct invocation *invocation, const struct argument *row, const char *value)
{
	json_t *list = json_object_get(target_of(invocation, row), key_of(row));

	if (!list) {
		list = json_array();
		if (keep(invocation, row, list) != EXIT_DONE)
			return EXIT_USAGE;
	}
	if (json_array_append_new(list, json_string(value)) != 0)
		return fail_usage("%s: the value is no UTF-8 text", row->name);
	return EXIT_DONE;
}

static int set_flag(struct invocation *invocation, const struct argument *row, const char *value)
{
	(void)value;
	return keep(invocation, row, json_true());
}

static int set_number(struct invocation *invocation, const struct argument *row, const char *value)
{
	char *end;

	errno = 0;
	long long number = strtoll(value, &end, 10);
	if (!isdigit((unsigned char)*value) || *end || errno)
		return fail_usage("%s: %s is no number", row->name, value);
	return keep(invocation, row, json_integer(number));
}

/* -- files -- */

static bool is_standard_input(const char *path)
{
	return strcmp(path, "-") == 0;
}

static bool load(const char *path, struct buffer *ret, struct error *err)
{
	if (is_standard_input(path))
		return fd_read_all(STDIN_FILENO, FILE_MAX, ret, err);
	return file_load(path, FILE_MAX, ret, err);
}

static int set_file(struct invocation *invocation, const struct argument *row, const char *value)
{
	CLEANUP(buffer_wipe) struct buffer file = { 0 };
	CLEANUP(buffer_wipe) struct buffer text = { 0 };
	struct error err = { 0 };

	if (!load(value, &file, &err))
		return fail_local(&err);
	if (file.len == 0)
		return fail_usage("%s: %s is empty", row->name, value);
	base64_encode(buffer_view(&file), 0, &text);
	/* the encoding's own newline is no part of it */
	return keep(invocation, row,
		    text.len ? json_stringn((const char *)text.data, text.len - 1) : NULL);
}

static void drop_newline(struct bytes *line)
{
	if (line->len && line->data[line->len - 1] == '\n')
		line->len--;
	if (line->len && line->data[line->len - 1] == '\r')
		line->len--;
}

static int set_secret_from_input(struct invocation *invocation, const struct argument *row)
{
	CLEANUP(buffer_wipe) struct buffer text = { 0 };
	struct error err = { 0 };

	if (!fd_read_all(STDIN_FILENO, SECRET_MAX, &text, &err))
		return fail_local(&err);

	struct bytes line = buffer_view(&text);
	drop_newline(&line);
	return keep(invocation, row, json_stringn((const char *)line.data, line.len));
}

static int set_secret(struct invocation *invocation, const struct argument *row, const char *value)
{
	CLEANUP(secret_done) struct secret secret = { 0 };
	struct error err = { 0 };

	if (is_standard_input(value))
		return set_secret_from_input(invocation, row);
	if (!secret_load(value, SECRET_MAX, &secret, &err))
		return fail_local(&err);
	return keep(invocation, row, json_stringn((const char *)secret.data, secret.len));
}

/* The authority has another working folder than we. */
static int set_path(struct invocation *invocation, const struct argument *row, const char *value)
{
	char folder[PATH_MAX];

	if (*value == '/')
		return set_text(invocation, row, value);
	if (!getcwd(folder, sizeof folder))
		return fail_usage("%s: the working folder is gone; write an absolute path",
				  row->name);
	return keep(invocation, row, json_sprintf("%s/%s", folder, value));
}

/* -- changes to a profile -- */

static int set_patch(struct invocation *invocation, const struct argument *row, const char *value)
{
	json_t *patch = json_object_get(target_of(invocation, row), key_of(row));

	if (!patch) {
		patch = json_object();
		if (keep(invocation, row, patch) != EXIT_DONE)
			return EXIT_USAGE;
	}
	return patch_add(patch, value);
}

static bool may_stand_again(const struct argument *row)
{
	return row->type == ARGUMENT_TEXTS || row->type == ARGUMENT_PATCH;
}

int argument_value_set(struct invocation *invocation, const struct argument *row, const char *value)
{
	static int (*const setters[])(struct invocation *, const struct argument *,
				      const char *) = {
		[ARGUMENT_TEXT] = set_text, [ARGUMENT_TEXTS] = set_texts,
		[ARGUMENT_FLAG] = set_flag, [ARGUMENT_NUMBER] = set_number,
		[ARGUMENT_FILE] = set_file, [ARGUMENT_SECRET] = set_secret,
		[ARGUMENT_PATH] = set_path, [ARGUMENT_PATCH] = set_patch,
	};

	if (!may_stand_again(row) && argument_value_is_set(invocation, row))
		return fail_usage("%s stands twice", row->name);
	return setters[row->type](invocation, row, value);
}
