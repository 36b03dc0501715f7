/* Keys as they are written, before anybody says what they mean. */
#pragma once

#include "config/key.h"

#define SETTINGS_MAX 4096

struct config_setting {
	const struct key *key;
	char *section, *text;
	char *file; /* NULL: the default */
	unsigned int line, column;
};

struct settings {
	struct config_setting *items;
	size_t count;
	enum config_dialect dialect;
};

MUST_CHECK bool settings_add(struct settings *settings, const struct config_setting *borrowed,
			     struct error *err);
/* The first of that section and key; NULL when there is none. */
struct config_setting *settings_find(const struct settings *settings, const char *section,
				     const struct key *key);
void settings_done(struct settings *settings);

/* Reads a text's lines into settings. What cannot stand where it stands becomes a problem. */
void settings_read(const char *file, struct bytes text, struct settings *settings,
		   struct config_problems *problems);

/* -- problems -- */
void problem_add(struct config_problems *problems, const struct config_setting *where,
		 const char *format, ...) PRINTF_LIKE(3, 4);
