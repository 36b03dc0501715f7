/* How the node stands, on the supervisor's page of the metrics board. */
#pragma once

#include "node/supervisor_state.h"

/* Once, before anything is started. */
void standing_begin(struct supervisor *supervisor);
/* After every turn of the loop. */
void standing_show(struct supervisor *supervisor);
/* A process ended, for whatever reason. */
void standing_note_end(struct supervisor *supervisor, const struct process *process, bool was_told);
/* The configuration was read, and taken over or not. */
void standing_note_reload(struct supervisor *supervisor, bool successful);
