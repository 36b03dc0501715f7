#include <stdio.h>

#include "base/cleanup.h"
#include "bestowctl/command.h"
#include "bestowctl/print.h"

static const struct column columns[] = {
	{ "NAME", "name", LOOK_TEXT },
	{ "OID ARC", "oid_arc", LOOK_TEXT },
	{ "ALLOWED RANGES", "ranges", LOOK_TEXT },
};

static void show_created(const struct invocation *invocation, const json_t *result)
{
	const char *name = json_text_at(result, "account.name");

	printf("account %s made\n", name);
	fflush(stdout);
	print_hint(invocation,
		   "nobody is let in before an address is: "
		   "bestowctl --account '%s' allow add ADDRESS",
		   name);
	print_hint(invocation,
		   "next: bestowctl --account '%s' ca create root --subject "
		   "'CN=…,O=…'",
		   name);
}

static void show_list(const struct invocation *invocation, const json_t *result)
{
	print_table(invocation, json_at(result, "accounts"), columns, ARRAY_LEN(columns),
		    "no account yet; bestowctl account create default makes one");
}

static void show_one(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	print_fields(json_at(result, "account"), columns, ARRAY_LEN(columns));
}

static const struct argument create_arguments[] = {
	{ "NAME", "name", ARGUMENT_TEXT, true, NULL, "the account's name" },
	{ "--oid-arc", "oid_arc", ARGUMENT_TEXT, false, "ARC",
	  "where profiles' OIDs grow; without it each gets 2.25.<UUID>" },
	{ 0 },
};
static const struct argument set_arguments[] = {
	{ "--name", "name", ARGUMENT_TEXT, false, "NAME", "its new name" },
	{ "--oid-arc", "oid_arc", ARGUMENT_TEXT, false, "ARC", "for profiles made from now on" },
	{ 0 },
};

static const struct command commands[] = {
	{ "account", "create", "account.create", "Makes an account",
	  "account create default\naccount create acme --oid-arc 1.3.6.1.4.1.99999.5\n",
	  create_arguments, show_created, NULL },
	{ "account", "list", "account.list", "Lists the accounts", "account list\n", NULL,
	  show_list, NULL },
	{ "account", "show", "account.show", "Shows the account", "--account acme account show\n",
	  NULL, show_one, NULL },
	{ "account", "set", "account.set", "Changes the account",
	  "--account acme account set --oid-arc 1.3.6.1.4.1.99999.5\n", set_arguments, show_one,
	  NULL },
};
const struct command_table account_commands = { commands, ARRAY_LEN(commands) };
