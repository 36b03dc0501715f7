#include "est/path.h"

#include <stdio.h>
#include <string.h>

#define WELL_KNOWN "/.well-known/est/"
#define REST_MAX 256
#define PATH_MAX_READ 512 /* a base and the longest label that names something fit well */

/* What follows the fixed part, or NULL. The configured prefix is an extra way in, not the only one.
 */
static const char *skip_fixed_part(const char *path, const char *base)
{
	size_t len = strlen(base);

	if (strncmp(path, base, len) == 0 &&
	    strncmp(path + len, WELL_KNOWN, sizeof WELL_KNOWN - 1) == 0)
		return path + len + sizeof WELL_KNOWN - 1;
	if (strncmp(path, WELL_KNOWN, sizeof WELL_KNOWN - 1) == 0)
		return path + sizeof WELL_KNOWN - 1;
	return NULL;
}

/* strongSwan appends "/.well-known/est/<operation>" to whatever URL it was given, so its label
 * stands before it. */
static bool split_at_well_known(char *rest, char **ret_operation)
{
	char *inner = strstr(rest, WELL_KNOWN);

	if (!inner)
		return false;
	*inner = '\0';
	*ret_operation = inner + sizeof WELL_KNOWN - 1;
	return true;
}

static void split_at_last_slash(char *rest, char **ret_label, char **ret_operation)
{
	char *slash = strrchr(rest, '/');

	*ret_label = slash ? rest : NULL;
	*ret_operation = slash ? slash + 1 : rest;
	if (slash)
		*slash = '\0';
}

static void drop_trailing_slash(char *rest)
{
	size_t len = strlen(rest);

	if (len > 1 && rest[len - 1] == '/')
		rest[len - 1] = '\0';
}

/* Clients glue their part to a URL that somebody ended with a slash. False: too long to be any. */
static bool squeeze_slashes(const char *from, char into[PATH_MAX_READ])
{
	size_t len = 0;

	for (; *from && len + 1 < PATH_MAX_READ; from++)
		if (*from != '/' || len == 0 || into[len - 1] != '/')
			into[len++] = *from;
	into[len] = '\0';
	return *from == '\0';
}

bool est_path_parse(const char *text, const char *base, struct est_path *ret, struct error *err)
{
	char path[PATH_MAX_READ], rest[REST_MAX], *label = rest, *operation = NULL;

	*ret = (struct est_path){ .operation = EST_OPERATION_COUNT };
	if (!squeeze_slashes(text, path))
		return error_set(err, REASON_UNKNOWN_LABEL, "the path is too long");

	const char *after = skip_fixed_part(path, base);
	if (!after && path[0] == '/' && strstr(path, WELL_KNOWN))
		after = path + 1;
	if (!after)
		return error_set(err, REASON_UNKNOWN_OPERATION, "not below /.well-known/est");
	if (strlen(after) >= sizeof rest)
		return error_set(err, REASON_UNKNOWN_LABEL, "the label is too long");

	snprintf(rest, sizeof rest, "%s", after);
	drop_trailing_slash(rest);
	if (!split_at_well_known(rest, &operation))
		split_at_last_slash(rest, &label, &operation);
	ret->operation = est_operation_by_text(operation);
	if (label) {
		if (strlen(label) >= sizeof ret->label)
			return error_set(err, REASON_UNKNOWN_LABEL, "the label is too long");
		memcpy(ret->label, label, strlen(label) + 1);
	}
	if (ret->operation == EST_OPERATION_COUNT)
		return error_set(err, REASON_UNKNOWN_OPERATION, "no such operation");
	return true;
}
