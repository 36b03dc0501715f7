/* A file for node_exporter's textfile collector. */
#pragma once

#include "bestow/memory.h"

/* DIR/bestow-NAME.prom, replaced in one step; nothing when no folder is configured. */
MUST_CHECK bool metrics_write(const struct options *options, const struct memory *memory,
			      struct error *err);
