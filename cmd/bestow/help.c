#include "bestow/command.h"

static void print_examples(FILE *to, const char *lines)
{
	fputs("  bestow ", to);
	for (; *lines; lines++) {
		fputc(*lines, to);
		if (*lines == '\n')
			fputs("  bestow ", to);
	}
	fputc('\n', to);
}

void help_overview(FILE *to)
{
	fputs("bestow keeps a device's certificates alive, by EST (RFC 7030).\n\nExamples:\n", to);
	print_examples(
		to,
		"init sensors --url https://pki.example/.well-known/est/sensors --ca root.pem \\\n"
		"    --user device --pass-file /etc/bestow-agent/sensors.pass\n"
		"enroll sensors\nstatus");
	fputs("\nCommands:\n", to);
	for (size_t i = 0; i < command_count; i++)
		fprintf(to, "  %-11s %-7s %s\n", commands[i].name, commands[i].place,
			commands[i].summary);
	fputs("\nbestow COMMAND --help tells more; bestow(1) tells all.\n", to);
}

void help_command(FILE *to, const struct command *command)
{
	fprintf(to, "bestow %s %s: %s\n\nExamples:\n", command->name, command->place,
		command->summary);
	print_examples(to, command->examples);
	fputs("\nOptions:\n", to);
	for (size_t i = 0; i < option_count; i++)
		fprintf(to, "  %-18s %-10s %s\n", option_rows[i].name,
			option_rows[i].placeholder ? option_rows[i].placeholder : "",
			option_rows[i].help);
	fputs("\nExit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 not authenticated, 5 "
	      "refused,\n"
	      "6 pending, 7 unreachable, 8 server not trusted, 9 nothing due (--check), 10 a key "
	      "or file here.\n",
	      to);
}
