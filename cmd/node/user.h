/* Whom the node runs as, and whether the machine is ready for it. */
#pragma once

#include "node/lockdown.h"
#include "config/config.h"

/* Looks up [node] user; without one the node stays who it is. Refuses a change that only root
 * could make. */
MUST_CHECK bool user_find(const struct config *config, struct lockdown_options *ret,
			  struct error *err);
/* What can be known without starting: the folder of the state, the user, the TLS files. */
MUST_CHECK bool preflight(const struct config *config, struct error *err);
