/* What changed between two JSON values, member by member. */
#pragma once

#include <jansson.h>

/* A new array of {"field": "a.b", "before": …, "after": …}; members of objects are compared one by
 * one, everything else as a whole. NULL when memory is out. */
json_t *json_changes(const json_t *before, const json_t *after);
