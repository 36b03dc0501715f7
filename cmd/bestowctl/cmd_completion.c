#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "bestowctl/arguments.h"
#include "bestowctl/command.h"
#include "bestowctl/exit_code.h"

static void print_options(const struct argument *rows)
{
	for (; rows && rows->name; rows++)
		if (argument_is_option(rows))
			printf(" %s", rows->name);
}

/* Each noun once, though it stands in several rows. */
static bool is_first_of_noun(size_t table, size_t index)
{
	const char *noun = command_tables[table]->commands[index].noun;

	for (size_t i = 0; i < index; i++)
		if (strcmp(command_tables[table]->commands[i].noun, noun) == 0)
			return false;
	return true;
}

static void print_nouns(void)
{
	for (size_t t = 0; t < command_table_count; t++)
		for (size_t i = 0; i < command_tables[t]->count; i++)
			if (is_first_of_noun(t, i))
				printf(" %s", command_tables[t]->commands[i].noun);
}

static void print_verbs(const char *noun)
{
	for (size_t t = 0; t < command_table_count; t++)
		for (size_t i = 0; i < command_tables[t]->count; i++) {
			const struct command *command = &command_tables[t]->commands[i];

			if (strcmp(command->noun, noun) == 0 && command->verb)
				printf(" %s", command->verb);
		}
}

static void print_verb_cases(void)
{
	for (size_t t = 0; t < command_table_count; t++)
		for (size_t i = 0; i < command_tables[t]->count; i++) {
			const struct command *command = &command_tables[t]->commands[i];

			if (!is_first_of_noun(t, i) || !command->verb)
				continue;
			printf("    %s) words=\"", command->noun);
			print_verbs(command->noun);
			puts("\" ;;");
		}
}

static void print_option_cases(void)
{
	for (size_t t = 0; t < command_table_count; t++)
		for (size_t i = 0; i < command_tables[t]->count; i++) {
			const struct command *command = &command_tables[t]->commands[i];

			printf("    \"%s %s\") words=\"", command->noun,
			       command->verb ? command->verb : "");
			print_options(command->arguments);
			puts("\" ;;");
		}
}

static int print_bash(const struct invocation *invocation)
{
	(void)invocation;
	puts("# Completion of bestowctl for bash; made by bestowctl completion bash.\n"
	     "_bestowctl() {\n"
	     "  local current=${COMP_WORDS[COMP_CWORD]} noun= verb= word words= i\n"
	     "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
	     "    word=${COMP_WORDS[i]}\n"
	     "    case $word in\n"
	     "    --account|--config|--socket) ((i++)) ;;\n"
	     "    -*) ;;\n"
	     "    *) if [ -z \"$noun\" ]; then noun=$word; elif [ -z \"$verb\" ]; then "
	     "verb=$word; fi ;;\n"
	     "    esac\n"
	     "  done\n"
	     "  if [ -z \"$noun\" ]; then");
	printf("    words=\"");
	print_nouns();
	puts("\"\n"
	     "  elif [ -z \"$verb\" ]; then case $noun in");
	print_verb_cases();
	puts("    esac\n"
	     "  fi\n"
	     "  if [ -z \"$words\" ]; then case \"$noun $verb\" in");
	print_option_cases();
	puts("    esac\n"
	     "  fi");
	printf("  [[ $current == -* ]] && words+=\"");
	print_options(global_arguments);
	puts("\"\n"
	     "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
	     "}\n"
	     "complete -o default -F _bestowctl bestowctl");
	return EXIT_DONE;
}

static const struct command commands[] = {
	{ "completion", "bash", NULL, "Prints completion for bash",
	  "completion bash > /etc/bash_completion.d/bestowctl\n", NULL, NULL, print_bash },
};
const struct command_table completion_commands = { commands, ARRAY_LEN(commands) };
