/* From settings to values: defaults, types, and what must fit together. */
#pragma once

#include "config/setting.h"

/* Fills *config, which is empty but for its dialect. Whatever is wrong becomes a problem. `path` is
 * the main file, from which defaults that are relative begin. */
void config_build(struct settings *settings, const char *path, struct config *config,
		  struct config_problems *problems);

/* -- for the files of this folder that build -- */
struct building {
	struct settings *settings;
	const char *path;
	struct config *config;
	struct config_problems *problems;
};
/* Where a key was set; all zero where nobody did. */
const struct config_setting *setting_of(const struct building *building, const char *section,
					const char *name);
