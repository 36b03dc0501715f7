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

static enum role highest_of(const struct account_role *roles, size_t count, int64_t account_id)
{
	enum role highest = ROLE_NONE;

	for (size_t i = 0; i < count; i++)
		if ((roles[i].account_id == ACCOUNT_NODE || roles[i].account_id == account_id) &&
		    roles[i].role > highest && roles[i].role < ROLE_COUNT)
			highest = roles[i].role;
	return highest;
}

enum role caller_role(const struct caller *caller, int64_t account_id)
{
	return caller->is_local ? ROLE_OWNER
				: highest_of(caller->roles, caller->role_count, account_id);
}

bool administrator_may_have(const struct administrator *administrator,
			    const struct api_token *token)
{
	enum role held =
		highest_of(administrator->roles, administrator->role_count, token->role.account_id);

	return !administrator->locked && token->role.role <= held;
}
