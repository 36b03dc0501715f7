/* What the pages of a node add up to, as families of metrics. docs/guide/monitoring.md tells of
 * each. */
#pragma once

#include "metrics/board.h"
#include "metrics/exposition.h"

/* Appends all families that pages hold; exposition_end() is the caller's. */
MUST_CHECK bool expose_board(const struct metrics_board *board, enum exposition_format format,
			     struct buffer *to, struct error *err);
