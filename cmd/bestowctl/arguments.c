#include "bestowctl/arguments.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bestowctl/argument_value.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/suggest.h"

const struct argument global_arguments[] = {
	{ "--account", NULL, ARGUMENT_TEXT, false, "NAME", "the account; the only one by itself" },
	{ "--json", NULL, ARGUMENT_FLAG, false, NULL, "the answer as one JSON document" },
	{ "--plain", NULL, ARGUMENT_FLAG, false, NULL, "tables without heads, columns by tabs" },
	{ "--quiet", NULL, ARGUMENT_FLAG, false, NULL, "no hints" },
	{ "--no-input", NULL, ARGUMENT_FLAG, false, NULL, "never ask" },
	{ "--config", NULL, ARGUMENT_TEXT, false, "FILE", "the node's configuration" },
	{ "--socket", NULL, ARGUMENT_TEXT, false, "PATH", "the node's local socket" },
	{ "--server", NULL, ARGUMENT_TEXT, false, "URL", "a node elsewhere: https://HOST:PORT" },
	{ "--token-file", NULL, ARGUMENT_TEXT, false, "FILE", "the API token for --server" },
	{ "--ca-file", NULL, ARGUMENT_TEXT, false, "PEM",
	  "who vouches for --server; the system's CAs without it" },
	{ "--help", NULL, ARGUMENT_FLAG, false, NULL, "this text" },
	{ "--version", NULL, ARGUMENT_FLAG, false, NULL, "the version" },
	{ 0 },
};

bool argument_is_option(const struct argument *argument)
{
	return strncmp(argument->name, "--", 2) == 0;
}

static bool takes_value(const struct argument *argument)
{
	return argument->type != ARGUMENT_FLAG;
}

/* -- one option as it stands in argv -- */

struct given {
	char name[64];
	const char *value; /* behind '=', or NULL */
};

static bool is_option_text(const char *text)
{
	return text[0] == '-' && text[1] != '\0';
}

static struct given split_option(const char *text)
{
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : strlen(text);
	struct given given = { .value = equals ? equals + 1 : NULL };

	snprintf(given.name, sizeof given.name, "%.*s", (int)len, text);
	if (strcmp(given.name, "-h") == 0)
		snprintf(given.name, sizeof given.name, "--help");
	if (strcmp(given.name, "-q") == 0)
		snprintf(given.name, sizeof given.name, "--quiet");
	return given;
}

static const struct argument *find_option(const struct argument *rows, const char *name)
{
	for (; rows && rows->name; rows++)
		if (argument_is_option(rows) && strcmp(rows->name, name) == 0)
			return rows;
	return NULL;
}

/* -- global options -- */

static void set_global(struct arguments *arguments, const char *name, const char *value)
{
	struct global_options *global = &arguments->global;
	const struct {
		const char *name;
		const char **text;
		bool *flag;
	} targets[] = {
		{ "--account", &global->account, NULL },
		{ "--socket", &global->socket, NULL },
		{ "--config", &global->config, NULL },
		{ "--json", NULL, &global->json },
		{ "--server", &global->server, NULL },
		{ "--ca-file", &global->ca_file, NULL },
		{ "--token-file", &global->token_file, NULL },
		{ "--plain", NULL, &global->plain },
		{ "--quiet", NULL, &global->quiet },
		{ "--no-input", NULL, &global->no_input },
		{ "--help", NULL, &arguments->help },
		{ "--version", NULL, &arguments->version },
	};

	for (size_t i = 0; i < ARRAY_LEN(targets); i++) {
		if (strcmp(targets[i].name, name) != 0)
			continue;
		if (targets[i].text)
			*targets[i].text = value;
		if (targets[i].flag)
			*targets[i].flag = true;
	}
}

/* The option's value: behind its '=', or the next word, which *i then passes. NULL when missing. */
static const char *value_of(const struct given *given, int argc, char **argv, int *i)
{
	if (given->value)
		return given->value;
	return *i + 1 < argc ? argv[++*i] : NULL;
}

static int take_global(struct arguments *arguments, const struct argument *row,
		       const struct given *given, int argc, char **argv, int *i)
{
	const char *value = NULL;

	if (!takes_value(row) && given->value)
		return fail_usage("%s takes no value", row->name);
	if (takes_value(row)) {
		value = value_of(given, argc, argv, i);
		if (!value || !*value)
			return fail_usage("%s needs a value: %s", row->name, row->placeholder);
	}
	set_global(arguments, row->name, value);
	return EXIT_DONE;
}

/* -- words -- */

/* A second word belongs to the command when its noun has verbs. */
static bool wants_word(const struct arguments *arguments)
{
	return arguments->word_count == 0 ||
	       (arguments->word_count == 1 && command_noun_is_known(arguments->words[0]) &&
		!command_find(arguments->words[0], NULL));
}

int arguments_split(int argc, char **argv, struct arguments *ret)
{
	bool only_places = false;

	ret->rest = calloc((size_t)argc + 1, sizeof *ret->rest);
	if (!ret->rest)
		return fail_usage("out of memory");
	for (int i = 1; i < argc; i++) {
		struct given given = split_option(argv[i]);
		const struct argument *row = find_option(global_arguments, given.name);

		if (!only_places && row) {
			int code = take_global(ret, row, &given, argc, argv, &i);

			if (code != EXIT_DONE)
				return code;
			continue;
		}
		only_places |= strcmp(argv[i], "--") == 0;
		if (!is_option_text(argv[i]) && wants_word(ret))
			ret->words[ret->word_count++] = argv[i];
		else
			ret->rest[ret->rest_count++] = argv[i];
	}
	return EXIT_DONE;
}

/* -- a command's own -- */

static const struct argument *next_place(const struct argument *row)
{
	while (row->name && argument_is_option(row))
		row++;
	return row->name ? row : NULL;
}

static bool may_repeat(const struct argument *argument)
{
	return argument->type == ARGUMENT_TEXTS || argument->type == ARGUMENT_PATCH;
}

static int fail_unknown_option(const struct command *command, const char *name)
{
	struct suggestion suggestion = { 0 };

	for (const struct argument *row = command->arguments; row && row->name; row++)
		if (argument_is_option(row))
			suggest(&suggestion, name, row->name);
	for (const struct argument *row = global_arguments; row->name; row++)
		suggest(&suggestion, name, row->name);
	if (suggestion.nearest)
		return fail_usage("there is no %s; did you mean %s?", name, suggestion.nearest);
	return fail_usage("there is no %s; see bestowctl %s%s%s --help", name, command->noun,
			  command->verb ? " " : "", command->verb ? command->verb : "");
}

static int read_option(const struct arguments *arguments, struct invocation *invocation, int *i)
{
	struct given given = split_option(arguments->rest[*i]);
	const struct argument *row = find_option(invocation->command->arguments, given.name);

	if (!row)
		return fail_unknown_option(invocation->command, given.name);
	if (!takes_value(row))
		return given.value ? fail_usage("%s takes no value", row->name)
				   : argument_value_set(invocation, row, NULL);

	const char *value = value_of(&given, arguments->rest_count, arguments->rest, i);
	if (!value)
		return fail_usage("%s needs a value: %s", row->name, row->placeholder);
	return argument_value_set(invocation, row, value);
}

static int read_place(struct invocation *invocation, const struct argument **place,
		      const char *value)
{
	const struct argument *row = *place;

	if (!row)
		return fail_usage("%s is one word too many", value);
	if (!may_repeat(row))
		*place = next_place(row + 1);
	return argument_value_set(invocation, row, value);
}

static int check_required(const struct invocation *invocation)
{
	for (const struct argument *row = invocation->command->arguments; row && row->name; row++)
		if (row->required && !argument_value_is_set(invocation, row))
			return fail_usage("%s is missing: %s", row->name, row->help);
	return EXIT_DONE;
}

int arguments_read(const struct arguments *arguments, struct invocation *invocation)
{
	const struct argument *rows = invocation->command->arguments;
	const struct argument *place = rows ? next_place(rows) : NULL;
	bool only_places = false;

	for (int i = 0; i < arguments->rest_count; i++) {
		const char *text = arguments->rest[i];
		int code;

		if (!only_places && strcmp(text, "--") == 0) {
			only_places = true;
			continue;
		}
		if (!only_places && is_option_text(text))
			code = read_option(arguments, invocation, &i);
		else
			code = read_place(invocation, &place, text);
		if (code != EXIT_DONE)
			return code;
	}
	return check_required(invocation);
}
