/* Every key there is: where it stands, what it may be, what it is when nobody says. */
#pragma once

#include "config/value.h"

enum key_home { HOME_NODE, HOME_EST, HOME_VA, HOME_ADMIN, HOME_TOKEN, HOME_LISTENER };

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

/* The key of that name which may stand in that section: "node", "est", "va", "admin", "token" or
 * "listener NAME". NULL when there is none. */
const struct key *key_find(const char *section, const char *name);
bool section_exists(const char *section);
bool section_is_listener(const char *section);
/* What the writer may have meant: a key of this section that is spelt nearly so, else the same key
 * of another section. Writes words for a person, which may be "". */
void key_suggest(const char *section, const char *name, char *into, size_t size);
