#include "model/access.h"

#include <string.h>

static const char *const texts[ROLE_COUNT] = {
	[ROLE_NONE] = "none",
	[ROLE_AUDITOR] = "auditor",
	[ROLE_RA_OPERATOR] = "ra-operator",
	[ROLE_ADMINISTRATOR] = "administrator",
	[ROLE_OWNER] = "owner",
};

const char *role_text(enum role role)
{
	return (size_t)role < ROLE_COUNT ? texts[role] : texts[ROLE_NONE];
}

enum role role_by_text(const char *text)
{
	for (size_t i = ROLE_AUDITOR; i < ROLE_COUNT; i++)
		if (strcmp(texts[i], text) == 0)
			return (enum role)i;
	return ROLE_NONE;
}

enum role caller_role(const struct caller *caller, int64_t account_id)
{
	enum role highest = caller->is_local ? ROLE_OWNER : ROLE_NONE;

	for (size_t i = 0; i < caller->role_count; i++) {
		const struct account_role *held = &caller->roles[i];

		if ((held->account_id == ACCOUNT_NODE || held->account_id == account_id) &&
		    held->role > highest && held->role < ROLE_COUNT)
			highest = held->role;
	}
	return highest;
}
