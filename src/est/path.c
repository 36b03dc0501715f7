#include "est/path.h"

#include <stdio.h>
#include <string.h>

#define WELL_KNOWN "/.well-known/est/"

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

bool est_path_parse(const char *path, const char *base, struct est_path *ret, struct error *err)
{
	char rest[256];
	const char *after = skip_fixed_part(path, base);

	*ret = (struct est_path){ .operation = EST_OPERATION_COUNT };
	if (!after)
		return error_set(err, REASON_UNKNOWN_OPERATION, "not below /.well-known/est");

	size_t len = strlen(after);
	if (len >= sizeof rest)
		return error_set(err, REASON_UNKNOWN_LABEL, "the label is too long");
	memcpy(rest, after, len + 1);
	if (len > 1 && rest[len - 1] == '/')
		rest[len - 1] = '\0';

	char *slash = strrchr(rest, '/');
	const char *operation = slash ? slash + 1 : rest;
	ret->operation = est_operation_by_text(operation);
	if (slash) {
		*slash = '\0';
		if (strlen(rest) >= sizeof ret->label)
			return error_set(err, REASON_UNKNOWN_LABEL, "the label is too long");
		snprintf(ret->label, sizeof ret->label, "%.*s", (int)sizeof ret->label - 1, rest);
		if (ret->label[0] == '\0')
			return error_set(err, REASON_UNKNOWN_LABEL, "an empty label");
	}
	if (ret->operation == EST_OPERATION_COUNT)
		return error_set(err, REASON_UNKNOWN_OPERATION, "no such operation");
	return true;
}
