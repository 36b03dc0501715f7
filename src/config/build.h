/* From settings to values: defaults, types, and what must fit together. */
#pragma once

#include "config/setting.h"

/* Fills *config, which is empty. Whatever is wrong becomes a problem. `path` is the main file, from
 * which defaults that are relative begin. */
void config_build(struct settings *settings, const char *path, struct config *config,
		  struct config_problems *problems);
