#include <stdio.h>

#include "base/cleanup.h"
#include "bestowctl/command.h"
#include "bestowctl/print.h"

static const struct column columns[] = {
	{ "FINGERPRINT", "fingerprint", LOOK_TEXT },
	{ "OF", "of", LOOK_TEXT },
	{ "SINCE", "created", LOOK_DATE },
	{ "REMARK", "remark", LOOK_TEXT },
};

static long long number_at(const json_t *result, const char *name)
{
	return json_integer_value(json_at(result, name));
}

static void show_blocked(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	printf("%lld keys are blocked now; %lld were before\n", number_at(result, "added"),
	       number_at(result, "present"));
}

static void show_unblocked(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	printf("%s is not blocked any more\n", json_text_at(result, "fingerprint"));
}

static void show_list(const struct invocation *invocation, const json_t *result)
{
	size_t shown = json_array_size(json_at(result, "keys"));

	print_table(invocation, json_at(result, "keys"), columns, ARRAY_LEN(columns),
		    "no key is blocked beyond those that are weak by themselves");
	fflush(stdout);
	if (shown && (long long)shown < number_at(result, "count"))
		print_hint(invocation, "there are more: --after the last one, or --limit");
}

static const struct argument block_arguments[] = {
	{ "FILE", "file", ARGUMENT_FILE, true, NULL,
	  "a fingerprint at the beginning of each line; - reads standard input" },
	{ "--remark", "remark", ARGUMENT_TEXT, false, "TEXT", "where the list comes from" },
	{ 0 },
};
static const struct argument unblock_arguments[] = {
	{ "FINGERPRINT", "fingerprint", ARGUMENT_TEXT, true, NULL, "as key list shows it" },
	{ 0 },
};
static const struct argument list_arguments[] = {
	{ "--limit", "limit", ARGUMENT_NUMBER, false, "COUNT", "50 unless told, at most 1000" },
	{ "--after", "after", ARGUMENT_TEXT, false, "FINGERPRINT", "those behind this one" },
	{ 0 },
};

static const struct command commands[] = {
	{ "key", "block", "key.block", "Blocks keys: no certificate is issued for them",
	  "key block weak-keys.txt --remark \"Debian 2008\"\n", block_arguments, show_blocked,
	  NULL },
	{ "key", "unblock", "key.unblock", "Takes a key off the list",
	  "key unblock 0f1e2d3c4b5a69788796\n", unblock_arguments, show_unblocked, NULL },
	{ "key", "list", "key.list", "Lists blocked keys", "key list\n", list_arguments, show_list,
	  NULL },
};
const struct command_table key_commands = { commands, ARRAY_LEN(commands) };
