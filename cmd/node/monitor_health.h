/* What keeps a node from its work, one line each: "NAME: WORDS". */
#pragma once

#include "base/bytes.h"
#include "metrics/board.h"

/* Processes that should run and do not. */
void health_of_life(const struct metrics_board *board, const char *service, struct buffer *to);
/* That the node has not come up yet. */
void health_of_start(const struct metrics_board *board, struct buffer *to);
/* Why the node should be sent no requests, as far as the board tells; the service knows more. */
MUST_CHECK bool health_of_readiness(const struct metrics_board *board, const char *service,
				    struct buffer *to, struct error *err);
