/* The commands about devices that ask the node more than once. */
#pragma once

#include "bestowctl/command.h"

/* Exit codes. */
int device_import(const struct invocation *invocation);
int device_codes(const struct invocation *invocation);
