/* All identities of a configuration folder. */
#pragma once

#include "bestow/identity.h"

#define IDENTITIES_MAX 256

/* Calls `use` for each, in the order of their names, with options that hold the folders, what is
 * common to all on the command line, and the identity's file. A file that cannot be read is told of
 * and passed by. */
MUST_CHECK bool identities_each(const struct options *common,
				int (*use)(struct options *options, void *context), void *context,
				struct error *err);
