/* SIGHUP: another reading of the configuration. New edges are started with it beside the old ones;
 * when all of them serve, the old ones retire. Whatever fails before that changes nothing. */
#pragma once

#include "node/supervisor_state.h"

void reload_begin(struct supervisor *supervisor);
/* While `coming` is set: finishes when its edges are ready, gives up when they take too long. */
void reload_advance(struct supervisor *supervisor);
void reload_abandon(struct supervisor *supervisor, const char *detail);
