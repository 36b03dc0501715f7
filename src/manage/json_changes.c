#include "manage/json_changes.h"

#include <stdbool.h>
#include <stdio.h>

#include "base/cleanup.h"

#define PATH_TEXT_MAX 256

static bool add_change(json_t *changes, const char *path, const json_t *before, const json_t *after)
{
	json_t *none = json_null();

	return json_array_append_new(changes, json_pack("{s:s, s:O, s:O}", "field", path, "before",
							before ? before : none, "after",
							after ? after : none)) == 0;
}

static bool compare_value(json_t *changes, const char *path, const json_t *before,
			  const json_t *after);

static void path_join(char *into, const char *path, const char *name)
{
	snprintf(into, PATH_TEXT_MAX, "%s%s%s", path, *path ? "." : "", name);
}

static bool compare_members(json_t *changes, const char *path, const json_t *before,
			    const json_t *after)
{
	char member[PATH_TEXT_MAX];
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)before, name, value)
	{
		path_join(member, path, name);
		if (!compare_value(changes, member, value, json_object_get(after, name)))
			return false;
	}
	json_object_foreach((json_t *)after, name, value)
	{
		path_join(member, path, name);
		if (!json_object_get(before, name) && !add_change(changes, member, NULL, value))
			return false;
	}
	return true;
}

static bool compare_value(json_t *changes, const char *path, const json_t *before,
			  const json_t *after)
{
	if (json_is_object(before) && json_is_object(after))
		return compare_members(changes, path, before, after);
	return json_equal(before, after) || add_change(changes, path, before, after);
}

json_t *json_changes(const json_t *before, const json_t *after)
{
	json_auto_t *changes = json_array();

	if (!changes || !before || !after || !compare_value(changes, "", before, after))
		return NULL;
	return TAKE(changes);
}
