/* The value of one argument: text, a number, a file's bytes, a secret, a change to a profile. */
#pragma once

#include "bestowctl/command.h"

/* Puts the value where the row says. 0, or an exit code after saying why. */
int argument_value_set(struct invocation *invocation, const struct argument *row,
		       const char *value);
bool argument_value_is_set(const struct invocation *invocation, const struct argument *row);
