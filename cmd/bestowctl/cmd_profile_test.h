/* profile test: what a profile would make of a request. */
#pragma once

#include "bestowctl/command.h"

extern const struct argument profile_test_arguments[];
void profile_test_show(const struct invocation *invocation, const json_t *result);
/* The exit code is that which a device would deserve: 0, 6 for what waits, 5 and others for a
 * refusal. */
int profile_test_run(const struct invocation *invocation);
