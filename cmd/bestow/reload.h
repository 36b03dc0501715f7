/* A service is told that its certificate has changed. */
#pragma once

#include "bestow/options.h"

/* Runs `systemctl reload-or-restart UNIT`, or the configured program: no shell, a minute at most.
 * Nothing configured is a success. REASON_RELOAD_FAILED with how it ended. */
MUST_CHECK bool reload_service(const struct options *options, struct error *err);
