/* SIGHUP: another reading of the configuration. New edges are started with it beside the old ones;
 * when all of them serve, the old ones retire. Whatever fails before that changes nothing. */
#pragma once

#include "node/supervisor_state.h"

void reload_begin(struct supervisor *supervisor);
/* While `coming` is set: retires the old edges when its own are ready, gives up when they take too
 * long. */
void reload_advance(struct supervisor *supervisor);
/* While `settling` is set: tells of the reload when what had to start again for it serves. */
void reload_settle(struct supervisor *supervisor);
void reload_abandon(struct supervisor *supervisor, const char *detail);
