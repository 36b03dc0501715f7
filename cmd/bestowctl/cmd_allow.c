#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "bestowctl/ask.h"
#include "bestowctl/command.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/print.h"

static const struct column columns[] = {
	{ "ID", "id", LOOK_TEXT },           { "WRITTEN", "text", LOOK_TEXT },
	{ "FIRST", "first", LOOK_TEXT },     { "LAST", "last", LOOK_TEXT },
	{ "COMMENT", "comment", LOOK_TEXT },
};

static void show_list(const struct invocation *invocation, const json_t *result)
{
	print_table(invocation, json_at(result, "addresses"), columns, ARRAY_LEN(columns),
		    "no address is allowed: nobody is let in");
}

static void show_removed(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	printf("%s is not allowed any more\n", json_text_at(result, "removed.text"));
}

static void show_test(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	printf("%s is %s\n", json_text_at(result, "address"),
	       json_is_true(json_at(result, "allowed")) ? "allowed" : "not allowed");
}

static int test(const struct invocation *invocation)
{
	json_auto_t *result = NULL;
	int code = command_ask(invocation, "allow.test", invocation->params, &result);

	if (code != EXIT_DONE)
		return code;
	command_show(invocation, result);
	return json_is_true(json_at(result, "allowed")) ? EXIT_DONE : EXIT_REFUSED;
}

/* -- adding: what was understood first, then saved -- */

static void print_items(FILE *to, const json_t *items)
{
	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);

		fprintf(to, "%s: %s - %s%s%s\n", json_text_at(item, "text"),
			json_text_at(item, "first"), json_text_at(item, "last"),
			json_is_true(json_at(item, "everywhere")) ? ", which is everybody" : "",
			json_is_true(json_at(item, "present")) ? ", already there" : "");
	}
}

static void show_added(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	(void)result;
	puts("allowed");
}

static int add(const struct invocation *invocation)
{
	json_auto_t *preview = NULL;
	json_auto_t *result = NULL;
	json_auto_t *asked =
		json_pack("{s:O}", "texts", json_object_get(invocation->params, "texts"));
	int code = command_ask(invocation, "allow.preview", asked, &preview);

	if (code != EXIT_DONE)
		return code;
	print_items(stderr, json_at(preview, "items"));
	if (!own_flag(invocation, "--yes") && can_ask(invocation) &&
	    !confirm("Allow these?", true)) {
		fputs("nothing was saved\n", stderr);
		return EXIT_FAILED;
	}
	code = command_ask(invocation, "allow.add", invocation->params, &result);
	if (code == EXIT_DONE)
		command_show(invocation, result);
	return code;
}

static const struct argument add_arguments[] = {
	{ "ADDRESS", "texts", ARGUMENT_TEXTS, true, NULL,
	  "an address, first-last, 'cidr 10.0.0.0/8' or 'last-octet 10.1.2.0/31'" },
	{ "--comment", "comment", ARGUMENT_TEXT, false, "TEXT", "what is there" },
	{ "--confirm", "confirm", ARGUMENT_TEXT, false, "any", "for 0.0.0.0/0 and ::/0" },
	{ "--yes", NULL, ARGUMENT_FLAG, false, NULL, "do not ask" },
	{ 0 },
};
static const struct argument test_arguments[] = {
	{ "ADDRESS", "address", ARGUMENT_TEXT, true, NULL, "one address" },
	{ 0 },
};
static const struct argument remove_arguments[] = {
	{ "ID", "id", ARGUMENT_NUMBER, true, NULL, "as allow list shows it" },
	{ "--confirm", "confirm", ARGUMENT_TEXT, false, "last",
	  "where it is the last one and devices would be locked out" },
	{ 0 },
};

static const struct command commands[] = {
	{ "allow", "add", NULL, "Adds addresses that EST requests may come from",
	  "allow add 'cidr 143.11.129.0/24' --comment 'plant 3'\n"
	  "allow add 2001:db8::/32 143.11.130.10-143.11.130.20\n",
	  add_arguments, show_added, add },
	{ "allow", "list", "allow.list", "Lists the allowed addresses", "allow list\n", NULL,
	  show_list, NULL },
	{ "allow", "remove", "allow.remove", "Removes one of them", "allow remove 2\n",
	  remove_arguments, show_removed, NULL },
	{ "allow", "test", NULL, "Tells whether an address is allowed; exit code 5 if not",
	  "allow test 143.11.129.7\n", test_arguments, show_test, test },
};
const struct command_table allow_commands = { commands, ARRAY_LEN(commands) };
