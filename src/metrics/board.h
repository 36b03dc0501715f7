/* A page for every process of a node, in memory that all of them share. A process can reach its own
 * page only; the one that is asked for metrics has none, and reads all. */
#pragma once

#include "base/shared_memory.h"
#include "metrics/page.h"

#define BOARD_PAGES 1024 /* more than a node has processes */

struct metrics_board;
/* Before the processes that shall share it are forked. */
MUST_CHECK bool metrics_board_new(struct metrics_board **ret, struct error *err);
void metrics_board_free(struct metrics_board *board);
DEFINE_CLEANUP(struct metrics_board *, metrics_board_free)

/* -- the supervisor's -- */
#define BOARD_SUPERVISOR 0 /* whose page is always taken */
/* A page that no process has. What it holds is what an earlier one counted. */
MUST_CHECK bool metrics_board_take(struct metrics_board *board, size_t *ret, struct error *err);
void metrics_board_give_back(struct metrics_board *board, size_t page);
/* The page's process has ended, so nothing stands in any way. */
void metrics_board_rest(struct metrics_board *board, size_t page);
struct metrics_page *metrics_board_page(struct metrics_board *board, size_t page);

/* -- a child's -- */
/* From here on this process can reach this page only. */
struct metrics_page *metrics_board_keep(struct metrics_board *board, size_t page);
/* From here on this process can only read. */
void metrics_board_only_read(struct metrics_board *board);

/* -- reading -- */
/* How the node stands, as its supervisor says. */
const struct page_node *metrics_board_node(const struct metrics_board *board);

/* All pages added up; rows with the same labels are one. */
struct metrics_sum {
	struct page_counters counters;
	struct page_gauges gauges;
	struct page_row *rows;
	size_t row_count;
};
MUST_CHECK bool metrics_board_sum(const struct metrics_board *board, struct metrics_sum *ret,
				  struct error *err);
void metrics_sum_done(struct metrics_sum *sum);
