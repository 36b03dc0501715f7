/* bestowctl: the operator's command. Finds the command among the rows, reads its arguments by
 * them, asks the node over its local socket or its REST API, and shows the answer. */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/secret.h"
#include "bestowctl/arguments.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/help.h"
#include "bestowctl/remote.h"
#include "bestowctl/suggest.h"

/* Requests and answers hold passphrases. */
static void free_wiped(void *memory)
{
	memory_wipe(memory, memory ? malloc_usable_size(memory) : 0);
	free(memory);
}

static int fail_unknown_noun(const char *noun)
{
	struct suggestion suggestion = { 0 };

	for (size_t t = 0; t < command_table_count; t++)
		for (size_t i = 0; i < command_tables[t]->count; i++)
			suggest(&suggestion, noun, command_tables[t]->commands[i].noun);
	if (suggestion.nearest)
		return fail_usage("there is no %s; did you mean %s?", noun, suggestion.nearest);
	return fail_usage("there is no %s; bestowctl --help shows what there is", noun);
}

static int fail_unknown_verb(const char *noun, const char *verb)
{
	struct suggestion suggestion = { 0 };

	for (size_t t = 0; t < command_table_count; t++)
		for (size_t i = 0; i < command_tables[t]->count; i++)
			if (command_find(noun, command_tables[t]->commands[i].verb) ==
				    &command_tables[t]->commands[i] &&
			    command_tables[t]->commands[i].verb)
				suggest(&suggestion, verb, command_tables[t]->commands[i].verb);
	if (suggestion.nearest)
		return fail_usage("there is no %s %s; did you mean %s %s?", noun, verb, noun,
				  suggestion.nearest);
	return fail_usage("there is no %s %s; bestowctl %s --help shows what there is", noun, verb,
			  noun);
}

/* No command was named in full: help, or what is missing. */
static int without_command(const struct arguments *arguments)
{
	FILE *to = arguments->help ? stdout : stderr;

	if (arguments->word_count == 0)
		help_overview(to);
	else if (!command_noun_is_known(arguments->words[0]))
		return fail_unknown_noun(arguments->words[0]);
	else if (arguments->word_count == 2)
		return fail_unknown_verb(arguments->words[0], arguments->words[1]);
	else
		help_noun(to, arguments->words[0]);
	return arguments->help ? EXIT_DONE : EXIT_USAGE;
}

/* A path of the node's own disk is no remote caller's to name. */
static int refuse_path(const struct command *command)
{
	struct error err = { 0 };

	for (const struct argument *row = command->arguments; row && row->name; row++) {
		if (row->type != ARGUMENT_PATH)
			continue;
		(void)!error_set(&err, REASON_NOT_PERMITTED,
				 "%s names a path of the node's own disk: run it on the node",
				 row->name);
		return fail(&err);
	}
	return EXIT_DONE;
}

static int run(const struct arguments *arguments, const struct command *command)
{
	json_auto_t *params = json_object();
	json_auto_t *own = json_object();
	CLEANUP(remote_freep) struct remote *remote = NULL;
	struct invocation invocation = {
		.global = &arguments->global, .command = command, .params = params, .own = own
	};
	int code = remote_open(&arguments->global, &remote);

	invocation.remote = remote;
	if (code == EXIT_DONE && remote)
		code = refuse_path(command);
	if (code == EXIT_DONE)
		code = arguments_read(arguments, &invocation);
	return code == EXIT_DONE ? command_run(&invocation) : code;
}

static int dispatch(const struct arguments *arguments)
{
	const struct command *command =
		arguments->word_count ? command_find(arguments->words[0], arguments->words[1])
				      : NULL;

	if (arguments->version) {
		puts("bestowctl " BESTOW_VERSION);
		return EXIT_DONE;
	}
	if (!command)
		return without_command(arguments);
	if (arguments->help) {
		help_command(stdout, command);
		return EXIT_DONE;
	}
	return run(arguments, command);
}

int main(int argc, char **argv)
{
	struct arguments arguments = { 0 };

	signal(SIGPIPE, SIG_IGN); /* a node that goes away is an error, not an end */
	json_set_alloc_funcs(malloc, free_wiped);

	int code = arguments_split(argc, argv, &arguments);
	if (code == EXIT_DONE)
		code = dispatch(&arguments);
	free(arguments.rest);
	if (fflush(stdout) != 0 && code == EXIT_DONE)
		code = EXIT_FAILED;
	return code;
}
