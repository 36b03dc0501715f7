/* The sections that bestow-ra alone has. */
#pragma once

#include "config/build.h"

/* The section's struct, made when the name is new. */
MUST_CHECK bool build_find_upstream(struct config *config, const char *name, void **ret,
				    struct error *err);
MUST_CHECK bool build_find_profile(struct config *config, const char *name, void **ret,
				   struct error *err);
void build_check_ra(const struct building *building);
