/* From argv to an invocation's params. */
#pragma once

#include "base/error.h"
#include "bestowctl/command.h"

/* What stands before and between: options that every command takes. */
extern const struct argument global_arguments[];

struct arguments {
	struct global_options global;
	const char *words[2]; /* noun and verb */
	size_t word_count;
	bool help, version;
	char **rest; /* what is left for the command, in order; `rest_count` of them */
	int rest_count;
};

/* Takes the global options wherever they stand, and the first words, as many as name a command.
 * The array behind `rest` is the caller's to free. 0, or an exit code after saying why. */
int arguments_split(int argc, char **argv, struct arguments *ret);

/* Reads `rest` by the command's rows into params and own. 0, or an exit code after saying why. */
int arguments_read(const struct arguments *arguments, struct invocation *invocation);
