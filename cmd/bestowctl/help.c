#include "bestowctl/help.h"

#include <string.h>

#include "base/cleanup.h"
#include "bestowctl/arguments.h"

static void print_examples(FILE *to, const char *examples)
{
	for (const char *line = examples; line && *line;) {
		size_t len = strcspn(line, "\n");

		fprintf(to, "  bestowctl %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
}

static void print_left(char *into, size_t size, const struct argument *argument)
{
	snprintf(into, size, "%s%s%s", argument->name, argument->placeholder ? " " : "",
		 argument->placeholder ? argument->placeholder : "");
}

static void print_arguments(FILE *to, const char *title, const struct argument *rows)
{
	char left[80];

	if (!rows || !rows->name)
		return;
	fprintf(to, "\n%s:\n", title);
	for (; rows->name; rows++) {
		print_left(left, sizeof left, rows);
		fprintf(to, "  %-28s %s%s\n", left, rows->help,
			rows->type == ARGUMENT_TEXTS || rows->type == ARGUMENT_PATCH
				? "; several are fine"
				: "");
	}
}

static void print_usage(FILE *to, const struct command *command)
{
	fprintf(to, "usage: bestowctl %s%s%s", command->noun, command->verb ? " " : "",
		command->verb ? command->verb : "");
	for (const struct argument *row = command->arguments; row && row->name; row++) {
		char left[80];
		bool many = row->type == ARGUMENT_TEXTS || row->type == ARGUMENT_PATCH;

		print_left(left, sizeof left, row);
		fprintf(to, row->required ? " %s%s" : " [%s%s]", left, many ? " .." : "");
	}
	fputc('\n', to);
}

void help_command(FILE *to, const struct command *command)
{
	fprintf(to, "%s.\n\n", command->summary);
	print_examples(to, command->examples);
	fputc('\n', to);
	print_usage(to, command);
	print_arguments(to, "arguments", command->arguments);
	print_arguments(to, "everywhere", global_arguments);
}

static void print_summary(FILE *to, const struct command *command)
{
	char words[64];

	snprintf(words, sizeof words, "%s%s%s", command->noun, command->verb ? " " : "",
		 command->verb ? command->verb : "");
	fprintf(to, "  %-22s %s\n", words, command->summary);
}

void help_noun(FILE *to, const char *noun)
{
	for (size_t t = 0; t < command_table_count; t++)
		for (size_t i = 0; i < command_tables[t]->count; i++) {
			const struct command *command = &command_tables[t]->commands[i];

			if (strcmp(command->noun, noun) == 0)
				print_examples(to, command->examples);
		}
	fputc('\n', to);
	for (size_t t = 0; t < command_table_count; t++)
		for (size_t i = 0; i < command_tables[t]->count; i++)
			if (strcmp(command_tables[t]->commands[i].noun, noun) == 0)
				print_summary(to, &command_tables[t]->commands[i]);
}

void help_overview(FILE *to)
{
	fputs("Operates a Bestow node over its local socket, or elsewhere over its REST API.\n\n",
	      to);
	print_examples(to, "status\n"
			   "account create acme\n"
			   "ca create root --subject 'CN=Acme Root,O=Acme'\n"
			   "profile create sensors --template client-authentication --ca issuing\n"
			   "events --follow\n");
	fputs("\ncommands:\n", to);
	for (size_t t = 0; t < command_table_count; t++)
		for (size_t i = 0; i < command_tables[t]->count; i++)
			print_summary(to, &command_tables[t]->commands[i]);
	print_arguments(to, "everywhere", global_arguments);
	fputs("\nbestowctl COMMAND --help tells more; bestowctl(1) tells all.\n", to);
}
