#include <stdio.h>

#include "base/cleanup.h"
#include "bestowctl/command.h"
#include "bestowctl/print.h"

static const struct column columns[] = {
	{ "ID", "id", LOOK_TEXT },           { "WHEN", "at", LOOK_TIME },
	{ "ACCOUNT", "account", LOOK_TEXT }, { "WHO", "actor", LOOK_TEXT },
	{ "DID", "action", LOOK_TEXT },      { "TO", "object", LOOK_TEXT },
};

static void show_list(const struct invocation *invocation, const json_t *result)
{
	const json_t *next = json_at(result, "next_cursor");

	print_table(invocation, json_at(result, "entries"), columns, ARRAY_LEN(columns),
		    "no entry");
	fflush(stdout);
	if (json_is_integer(next))
		print_hint(invocation, "there are more: --cursor %" JSON_INTEGER_FORMAT,
			   json_integer_value(next));
}

static void show_verified(const struct invocation *invocation, const json_t *result)
{
	printf("%" JSON_INTEGER_FORMAT " entries are sound; head %s\n",
	       json_integer_value(json_at(result, "entries")), json_text_at(result, "head"));
	fflush(stdout);
	print_hint(invocation, "keep the head on another machine: --head shows later that nothing "
			       "was cut off");
}

static const struct argument list_arguments[] = {
	{ "--limit", "limit", ARGUMENT_NUMBER, false, "N", "at most this many; 50" },
	{ "--cursor", "cursor", ARGUMENT_NUMBER, false, "N", "go on behind an earlier list" },
	{ 0 },
};
static const struct argument verify_arguments[] = {
	{ "--head", "head", ARGUMENT_TEXT, false, "HASH", "a head kept from an earlier time" },
	{ 0 },
};

static const struct command commands[] = {
	{ "audit", "list", "audit.list", "Who changed and issued what, newest first",
	  "audit list --limit 20\naudit list --json\n", list_arguments, show_list, NULL },
	{ "audit", "verify", "audit.verify", "Checks that no entry was altered or removed",
	  "audit verify\naudit verify --head 3b1f…\n", verify_arguments, show_verified, NULL },
};
const struct command_table audit_commands = { commands, ARRAY_LEN(commands) };
