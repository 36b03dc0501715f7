#include "bestowctl/patch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "bestowctl/exit_code.h"

static json_t *read_value(const char *text)
{
	json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

	return json ? json : json_string(text);
}

/* The object that `name` names within `object`, made where there is none. */
static json_t *descend(json_t *object, const char *name)
{
	json_t *member = json_object_get(object, name);

	if (json_is_object(member))
		return member;
	member = json_object();
	return json_object_set_new(object, name, member) == 0 ? member : NULL;
}

int patch_add(json_t *patch, const char *assignment)
{
	const char *equals = strchr(assignment, '=');

	if (!equals || equals == assignment)
		return fail_usage("%s: write path=value", assignment);

	CLEANUP(freep) char *path = strndup(assignment, (size_t)(equals - assignment));
	if (!path)
		return fail_usage("out of memory");
	char *rest = path;
	char *name = strsep(&rest, ".");
	for (; rest && patch; name = strsep(&rest, "."))
		patch = descend(patch, name);
	if (!patch || json_object_set_new(patch, name, read_value(equals + 1)) != 0)
		return fail_usage("%s: the value is no UTF-8 text", assignment);
	return EXIT_DONE;
}
