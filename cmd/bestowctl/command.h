/* bestowctl's commands as rows: what each takes, which of the operator's verbs it asks for, and how
 * its answer looks to a person. Parsing, help and completion all read these rows. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum argument_type {
	ARGUMENT_TEXT,
	ARGUMENT_TEXTS, /* may stand several times */
	ARGUMENT_FLAG,
	ARGUMENT_NUMBER,
	ARGUMENT_FILE,   /* a path or "-": the bytes travel as base64 */
	ARGUMENT_SECRET, /* a path or "-": one line; never the secret itself */
	ARGUMENT_PATH,   /* made absolute, for the authority to open: on the node only */
	ARGUMENT_PATCH,  /* several: path=value, or path+=value for a list */
};

struct argument {
	const char *name;  /* "--key", or "NAME" for one that stands by its place */
	const char *param; /* of the request; NULL: for bestowctl itself, under `name` */
	enum argument_type type;
	bool required;
	const char *placeholder; /* "ALGORITHM"; NULL for flags and places */
	const char *help;
};

struct global_options {
	const char *socket, *config, *account;
	const char *server, *token_file, *ca_file;
	bool json, plain, quiet, no_input;
};

struct remote;

struct invocation {
	const struct global_options *global;
	struct remote *remote; /* the node's REST API; NULL: its local socket */
	const struct command *command;
	json_t *params; /* for the request */
	json_t *own;    /* what stays here, by argument name */
};

struct command {
	const char *noun, *verb; /* verb NULL: "status" */
	const char *request;     /* "ca.create" */
	const char *summary;
	const char *examples; /* lines, without "bestowctl" */
	const struct argument *arguments;
	/* Prints the answer for a person. */
	void (*show)(const struct invocation *invocation, const json_t *result);
	/* Instead of asking once and showing; an exit code. NULL for most. */
	int (*run)(const struct invocation *invocation);
};

struct command_table {
	const struct command *commands;
	size_t count;
};

/* clang-format off: one a line, so that two that are added do not meet */
extern const struct command_table account_commands;
extern const struct command_table administrator_commands;
extern const struct command_table allow_commands;
extern const struct command_table audit_commands;
extern const struct command_table ca_commands;
extern const struct command_table certificate_commands;
extern const struct command_table completion_commands;
extern const struct command_table crl_commands;
extern const struct command_table device_commands;
extern const struct command_table event_commands;
extern const struct command_table key_commands;
extern const struct command_table node_commands;
extern const struct command_table ocsp_commands;
extern const struct command_table profile_commands;
extern const struct command_table ra_commands;
extern const struct command_table request_commands;
extern const struct command_table rollover_commands;
extern const struct command_table status_commands;
extern const struct command_table token_commands;
extern const struct command_table trust_commands;
/* clang-format on */

/* All of them, in the order of the help. */
extern const struct command_table *const command_tables[];
extern const size_t command_table_count;

/* NULL when there is none. */
const struct command *command_find(const char *noun, const char *verb);
bool command_noun_is_known(const char *noun);

bool argument_is_option(const struct argument *argument);
/* For local ones. */
const char *own_text(const struct invocation *invocation, const char *name);
bool own_flag(const struct invocation *invocation, const char *name);

/* Asks, prints the answer or the refusal; an exit code. */
int command_run(const struct invocation *invocation);
