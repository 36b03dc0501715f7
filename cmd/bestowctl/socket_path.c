#include "bestowctl/socket_path.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define CONFIG_MAX (1024 * 1024)

static char *trim(char *text)
{
	while (isspace((unsigned char)*text))
		text++;

	char *end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return text;
}

/* A comment begins at ';' or '#' at the start of a line, or at " ;" behind a value. */
static char *without_comment(char *line)
{
	char *behind = strstr(line, " ;");

	if (behind)
		*behind = '\0';
	return *line == ';' || *line == '#' ? line + strlen(line) : line;
}

/* The value of `key` if the line sets it. */
static const char *value_of(char *line, const char *key)
{
	char *value = strpbrk(line, "=:");

	if (!value)
		return NULL;
	*value++ = '\0';
	return strcmp(trim(line), key) == 0 ? trim(value) : NULL;
}

/* The last one wins, as in bestowd. Borrowed from `text`, which is taken apart. */
static const char *find_socket(char *text)
{
	bool in_node = false;
	const char *found = NULL;
	char *rest = text;

	for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
		line = without_comment(trim(line));
		if (*line == '[') {
			in_node = strncmp(line, "[node]", 6) == 0;
			continue;
		}
		const char *value = in_node ? value_of(line, "socket") : NULL;
		if (value)
			found = value;
	}
	return found;
}

static bool keep(const char *path, char **ret, struct error *err)
{
	*ret = strdup(path);
	return *ret || error_set(err, REASON_NO_MEMORY, "socket path");
}

/* As in bestowd, a relative path begins at the configuration's folder. */
static bool keep_beside(const char *config, const char *path, char **ret, struct error *err)
{
	const char *slash = strrchr(config, '/');

	if (*path == '/' || !slash)
		return keep(path, ret, err);
	if (asprintf(ret, "%.*s/%s", (int)(slash - config), config, path) < 0)
		return error_set(err, REASON_NO_MEMORY, "socket path");
	return true;
}

static bool read_config(const char *path, char **ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	if (!file_load(path, CONFIG_MAX, &text, err))
		return false;
	if (!buffer_cstring(&text))
		return error_set(err, REASON_NO_MEMORY, "configuration");

	const char *found = find_socket((char *)text.data);
	return keep_beside(path, found ? found : SOCKET_PATH_DEFAULT, ret, err);
}

bool socket_path_find(const struct global_options *global, char **ret, struct error *err)
{
	const char *config = global->config ? global->config : getenv("BESTOW_CONFIG");

	if (global->socket)
		return keep(global->socket, ret, err);
	if (config)
		return read_config(config, ret, err);
	if (access(CONFIG_PATH_DEFAULT, R_OK) == 0)
		return read_config(CONFIG_PATH_DEFAULT, ret, err);
	return keep(SOCKET_PATH_DEFAULT, ret, err);
}
