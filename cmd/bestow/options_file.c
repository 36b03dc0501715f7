/* DIR/NAME.conf, and the files of secrets that it names. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/secret.h"
#include "bestow/identity.h"
#include "bestow/options.h"
#include "config/ini_reader.h"

#define FILE_MAX 65536
#define SECRET_MAX 4096

struct reading {
	struct options *file; /* what the file says, apart from the command line */
	const char *path;
	bool failed;
	struct error *err;
};

static void refuse(struct reading *reading, const struct ini_place *place, const char *key,
		   const char *words)
{
	if (!reading->failed)
		(void)error_set(reading->err, REASON_CONFIG, "%s:%u:%u: %s%s%s", reading->path,
				place->line, place->key_column, key, *key ? ": " : "", words);
	reading->failed = true;
}

static void on_value(void *context, const struct ini_place *place, const char *section,
		     const char *key, const char *value)
{
	struct reading *reading = context;
	const struct option *row = option_by_key(section, key);

	if (!row)
		refuse(reading, place, key, "there is no such key in this section");
	else if (row->type == OPTION_TEXT && option_text(reading->file, row))
		refuse(reading, place, key, "is already set");
	else if (!option_set(reading->file, row, value))
		refuse(reading, place, key, "too much");
}

static void on_problem(void *context, const struct ini_place *place, const char *words)
{
	refuse(context, place, "", words);
}

/* The command line wins, list by list and text by text. */
static bool merge(struct options *options, const struct options *file)
{
	for (size_t i = 0; i < option_count; i++) {
		const char *text = option_text(file, &option_rows[i]);

		if (text && !option_set(options, &option_rows[i], text))
			return false;
	}
	if (options->sans.count == 0)
		for (size_t i = 0; i < file->sans.count; i++)
			if (!option_set(options, option_by_key("request", "san"),
					file->sans.items[i]))
				return false;
	if (options->command.count == 0)
		for (size_t i = 0; i < file->command.count; i++)
			if (!option_set(options, option_by_key("after", "command"),
					file->command.items[i]))
				return false;
	return true;
}

bool options_load(struct options *options, struct error *err)
{
	char path[PATH_MAX];
	CLEANUP(buffer_done) struct buffer text = { 0 };
	CLEANUP(options_done) struct options file = { 0 };
	struct reading reading = { .file = &file, .path = path, .err = err };
	const struct ini_reader reader = { &reading, on_value, on_problem };

	if (!identity_config_path(options, path, err))
		return false;
	if (access(path, F_OK) != 0 && errno == ENOENT)
		return error_set(err, REASON_FILE, "%s is not there; bestow init %s makes it", path,
				 options->name);
	if (!file_load(path, FILE_MAX, &text, err))
		return false;
	ini_read(buffer_view(&text), &reader);
	if (reading.failed)
		return false;
	return merge(options, &file) || error_set(err, REASON_NO_MEMORY, "configuration");
}

/* -- secrets -- */

static bool read_descriptor(const char *source, struct buffer *ret, struct error *err)
{
	char *end = NULL;
	long fd = strcmp(source, "-") == 0 ? STDIN_FILENO : strtol(source + 3, &end, 10);

	if (fd < 0 || fd > INT_MAX || (end && (*end || end == source + 3)))
		return error_set(err, REASON_SECRET_FILE, "%s is no descriptor", source);
	if (!fd_read_all((int)fd, SECRET_MAX, ret, err))
		return false;
	if (ret->len && ret->data[ret->len - 1] == '\n')
		ret->len--;
	return true;
}

bool option_secret(const char *source, struct buffer *ret, struct error *err)
{
	struct secret secret = { 0 };

	if (strcmp(source, "-") == 0 || strncmp(source, "fd:", 3) == 0) {
		if (!read_descriptor(source, ret, err))
			return false;
	} else {
		if (!secret_load(source, SECRET_MAX, &secret, err))
			return false;
		buffer_append(ret, secret_view(&secret));
		secret_done(&secret);
	}
	if (ret->len && memchr(ret->data, '\0', ret->len))
		return error_set(err, REASON_SECRET_FILE, "%s holds a NUL", source);
	return buffer_cstring(ret) || error_set(err, REASON_NO_MEMORY, "secret");
}
