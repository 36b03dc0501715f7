/* Every key there is: where it stands, what it may be, what it is when nobody says. */
#pragma once

#include "config/value.h"

enum key_home {
	HOME_NODE,
	HOME_AUTHORITY, /* stands in [node] too, as the next */
	HOME_PROXY,
	HOME_EST,
	HOME_VA,
	HOME_ADMIN,
	HOME_TOKEN,
	HOME_LISTENER,
	HOME_UPSTREAM,
	HOME_PROFILE
};

struct key {
	const char *name;
	enum key_home home; /* the struct that holds it */
	size_t offset;      /* into that struct */
	value_parser *parse;
	const char *fallback; /* parsed as if written; NULL: nothing */
	struct value_rule rule;
	bool repeatable;
	const char *also; /* a second fallback, of a repeatable key */
};

extern const struct key keys[];
extern const size_t key_count;

/* The key of that name which may stand in that section: "node", "est", "va", "admin", "token",
 * "listener NAME", "upstream NAME" or "profile NAME", as the dialect has them. NULL when there is
 * none. */
const struct key *key_find(enum config_dialect dialect, const char *section, const char *name);
/* The dialect's programs know of this key at all. */
bool key_is_of(enum config_dialect dialect, const struct key *key);
/* A key without which its section means nothing. */
bool key_has_defaults(const struct key *key);
/* The section that a key's defaults stand in. */
const char *key_section(const struct key *key);
bool section_exists(enum config_dialect dialect, const char *section);
bool section_is_listener(const char *section);
/* NAME of "upstream NAME" or "profile NAME", by home; NULL when it is no such section. */
const char *section_name(enum key_home home, const char *section);
const char *sections_text(enum config_dialect dialect);
/* What the writer may have meant: a key of this section that is spelt nearly so, else the same key
 * of another section. Writes words for a person, which may be "". */
void key_suggest(enum config_dialect dialect, const char *section, const char *name, char *into,
		 size_t size);
