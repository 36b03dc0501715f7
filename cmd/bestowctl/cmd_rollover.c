#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "bestowctl/command.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/print.h"

static const struct column columns[] = {
	{ "OLD", "old.name", LOOK_TEXT },
	{ "NEW", "new.name", LOOK_TEXT },
	{ "STARTED", "started", LOOK_DATE },
	{ "FINISHED", "finished", LOOK_DATE },
	{ "FETCHED", "fetched.devices", LOOK_TEXT },
	{ "DEVICES ON NEW", "new.devices", LOOK_TEXT },
	{ "LEFT ON OLD", "old.devices_left", LOOK_TEXT },
	{ "PROFILES ON OLD", "old.profiles", LOOK_TEXT },
};

static const struct column fields[] = {
	{ "old CA", "old.name", LOOK_TEXT },
	{ "its state", "old.state", LOOK_TEXT },
	{ "trusted for EST", "old.trusted", LOOK_TEXT },
	{ "its profiles", "old.profiles", LOOK_TEXT },
	{ "devices left on it", "old.devices_left", LOOK_TEXT },
	{ "new CA", "new.name", LOOK_TEXT },
	{ "its state", "new.state", LOOK_TEXT },
	{ "trusted for EST", "new.trusted", LOOK_TEXT },
	{ "its profiles", "new.profiles", LOOK_TEXT },
	{ "devices with its certificate", "new.devices", LOOK_TEXT },
	{ "fetched by devices", "fetched.devices", LOOK_TEXT },
	{ "fetched by addresses", "fetched.addresses", LOOK_TEXT },
	{ "started", "started", LOOK_TIME },
	{ "finished", "finished", LOOK_TIME },
	{ "OldWithNew ends", "old_with_new.not_after", LOOK_TIME },
	{ "NewWithOld ends", "new_with_old.not_after", LOOK_TIME },
};

static void show_list(const struct invocation *invocation, const json_t *result)
{
	print_table(invocation, json_at(result, "rollovers"), columns, ARRAY_LEN(columns),
		    "no CA is being replaced; bestowctl rollover start begins it");
}

static void show_one(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	print_fields(json_at(result, "rollover"), fields, ARRAY_LEN(fields));
	fflush(stdout);
	print_warnings(json_at(result, "warnings"));
}

static void show_start(const struct invocation *invocation, const json_t *result)
{
	const char *old = json_text_at(result, "rollover.old.name");

	show_one(invocation, result);
	if (json_text_at(result, "rollover.new_with_old.not_after")[0])
		print_hint(invocation,
			   "/cacerts carries both roots and their cross certificates now. Next, "
			   "each issuing CA below: bestowctl rollover start ISSUING NEW-ISSUING");
	else
		print_hint(invocation,
			   "/cacerts carries both now. Next, when devices had time to fetch it "
			   "(bestowctl rollover show '%s'): bestowctl rollover switch '%s'",
			   old, old);
}

static void show_switch(const struct invocation *invocation, const json_t *result)
{
	const json_t *names = json_at(result, "profiles");
	size_t i;
	json_t *name;

	json_array_foreach((json_t *)names, i, name)
	{
		print_text(json_string_value(name));
		printf(" issues from ");
		print_text(json_text_at(result, "new"));
		putchar('\n');
	}
	fflush(stdout);
	print_warnings(json_at(result, "warnings"));
	print_hint(invocation,
		   "if the node's own certificate is from the old CA: bestowctl node certificate "
		   "--ca '%s' --host …; when the last device has renewed: bestowctl rollover "
		   "finish",
		   json_text_at(result, "new"));
}

static void show_finish(const struct invocation *invocation, const json_t *result)
{
	printf("finished; the old CA is retired, and /cacerts carries the new one alone\n");
	fflush(stdout);
	if (json_is_true(json_at(result, "old_trusted")))
		print_hint(invocation,
			   "devices with a certificate of '%s' can still renew; to end that: "
			   "bestowctl trust list, and trust remove",
			   json_text_at(result, "rollover.old.name"));
}

static void show_pem(const struct invocation *invocation, const json_t *result)
{
	(void)invocation;
	fputs(json_text_at(result, "pem"), stdout);
}

static const struct argument start_arguments[] = {
	{ "OLD", "name", ARGUMENT_TEXT, true, NULL, "the CA that is to be replaced" },
	{ "NEW", "successor", ARGUMENT_TEXT, true, NULL,
	  "the name of the CA that takes its place" },
	{ "--existing", "existing", ARGUMENT_FLAG, false, NULL, "NEW is there already" },
	{ "--subject", "subject", ARGUMENT_TEXT, false, "NAME",
	  "another one than OLD's, which is the usual" },
	{ "--key", "key", ARGUMENT_TEXT, false, "KEY", "another kind than OLD's" },
	{ "--key-store", "key_store", ARGUMENT_TEXT, false, "PLACE",
	  "file or token; without, where OLD's is" },
	{ "--parent", "parent", ARGUMENT_TEXT, false, "CA",
	  "another one than OLD's, or the one that takes its place" },
	{ "--validity", "validity", ARGUMENT_TEXT, false, "TIME", "another one than OLD's" },
	{ "--no-trust", "no_trust", ARGUMENT_FLAG, false, NULL,
	  "leave EST authentication as it is" },
	{ 0 },
};
static const struct argument name_arguments[] = {
	{ "OLD", "name", ARGUMENT_TEXT, true, NULL, "the CA that is being replaced" },
	{ 0 },
};
static const struct argument switch_arguments[] = {
	{ "OLD", "name", ARGUMENT_TEXT, true, NULL, "the CA that is being replaced" },
	{ "--profile", "profiles", ARGUMENT_TEXTS, false, "PROFILE",
	  "these alone; without, all that issue from OLD" },
	{ 0 },
};
static const struct argument finish_arguments[] = {
	{ "OLD", "name", ARGUMENT_TEXT, true, NULL, "the CA that is being replaced" },
	{ "--confirm", "confirm", ARGUMENT_TEXT, false, "OLD",
	  "its name once more, where active profiles still issue from it or below it" },
	{ 0 },
};

static const struct command commands[] = {
	{ "rollover", "start", "rollover.start", "Begins to replace a CA's key",
	  "rollover start root root-2 --validity 20y\n"
	  "rollover start issuing issuing-2\n"
	  "rollover start issuing issuing-2 --existing\n",
	  start_arguments, show_start, NULL },
	{ "rollover", "list", "rollover.list", "Lists what is being replaced, and was",
	  "rollover list\n", NULL, show_list, NULL },
	{ "rollover", "show", "rollover.show", "Shows how far a rollover is",
	  "rollover show issuing\n", name_arguments, show_one, NULL },
	{ "rollover", "export", "rollover.export", "Prints OldWithNew and NewWithOld as PEM",
	  "rollover export root > cross.pem\n", name_arguments, show_pem, NULL },
	{ "rollover", "switch", "rollover.switch", "Lets profiles issue from the new CA",
	  "rollover switch issuing\n"
	  "rollover switch issuing --profile sensors\n",
	  switch_arguments, show_switch, NULL },
	{ "rollover", "finish", "rollover.finish", "Ends a rollover and retires the old CA",
	  "rollover finish issuing\n", finish_arguments, show_finish, NULL },
};
const struct command_table rollover_commands = { commands, ARRAY_LEN(commands) };
