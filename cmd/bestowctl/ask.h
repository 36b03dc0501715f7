/* The steps of commands that do more than ask once. */
#pragma once

#include "bestowctl/command.h"

/* Asks the node; 0 and *ret, or an exit code after the refusal was printed. */
int command_ask(const struct invocation *invocation, const char *request, const json_t *params,
		json_t **ret);
/* As JSON or for a person. */
void command_show(const struct invocation *invocation, const json_t *result);

/* True when a question can be put: a terminal, and neither --no-input nor --json. */
bool can_ask(const struct invocation *invocation);
/* "question [y/N] " */
bool confirm(const char *question, bool otherwise);

/* Where a command's own file goes: to the named one, or to standard output when none is named. */
struct out {
	int fd;
	const char *path; /* NULL: standard output */
	bool kept;
};
/* A secret's file is made before the node is asked, mode 0600 and never over one that exists: what
 * is shown once must not be lost for want of a place. 0, or an exit code after saying why. */
int out_reserve(const char *path, struct out *ret);
int out_write(struct out *out, const void *data, size_t len);
/* Closes; a file that nothing was written to goes again. */
void out_done(struct out *out);
/* For what is no secret: replaces the file in one step. */
int out_save(const char *path, const void *data, size_t len);
