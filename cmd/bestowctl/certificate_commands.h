/* The commands about certificates that the store did not know. */
#pragma once

#include "bestowctl/command.h"

void show_unknown(const struct invocation *invocation, const json_t *result);
/* An exit code. */
int certificate_adopt(const struct invocation *invocation);
