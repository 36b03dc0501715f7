/* Changes to a profile as they are written on the command line. */
#pragma once

#include <jansson.h>

/* Adds "path=value": the path's segments, divided by '.', name members within members; the value is
 * JSON where it reads as JSON (true, 3072, null, ["a"], "text"), else text. 0, or an exit code
 * after saying why. */
int patch_add(json_t *patch, const char *assignment);
