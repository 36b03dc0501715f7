/* bestowd --after-restore: takes over a backup that was put in place of the store, and ends. */
#pragma once

#include "config/config.h"

/* `unmarked`: also a store that does not say of itself that it is a backup, because it came as a
 * copy of a disk. The exit status. */
int after_restore(const struct config *config, bool unmarked);
