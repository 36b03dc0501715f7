/* From the configuration, and the files it names, to an upstream. */
#pragma once

#include "config/config.h"
#include "upstream/upstream.h"

struct loaded; /* the upstream, and the keys it borrows */

MUST_CHECK bool load_upstream(const struct config *config, const struct upstream_options *options,
			      struct loaded **ret, struct error *err);
struct upstream *loaded_upstream(struct loaded *loaded);
void loaded_free(struct loaded *loaded);
DEFINE_CLEANUP(struct loaded *, loaded_free)
