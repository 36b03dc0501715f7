#include "node/monitor_health.h"

#include <inttypes.h>

static bool is_set(const struct counter *counter)
{
	return counter_read(counter) != 0;
}

void health_of_life(const struct metrics_board *board, const char *service, struct buffer *to)
{
	const struct page_node *node = metrics_board_node(board);

	if (!is_set(&node->service_running))
		buffer_printf(to, "%s: the process does not run\n", service);
	if (is_set(&node->admin_wanted) && !is_set(&node->admin_running))
		buffer_append_text(to, "admin: the process does not run\n");
	if (!is_set(&node->edges_running))
		buffer_append_text(to, "edges: no process runs\n");
}

void health_of_start(const struct metrics_board *board, struct buffer *to)
{
	const struct page_node *node = metrics_board_node(board);

	if (!is_set(&node->is_serving) && !is_set(&node->is_draining))
		buffer_append_text(to, "node: it is starting\n");
}

bool health_of_readiness(const struct metrics_board *board, const char *service, struct buffer *to,
			 struct error *err)
{
	const struct page_node *node = metrics_board_node(board);
	CLEANUP(metrics_sum_done) struct metrics_sum sum = { 0 };

	if (!metrics_board_sum(board, &sum, err))
		return false;
	if (is_set(&node->is_draining))
		buffer_append_text(to, "node: it is ending, and serves what is open\n");
	health_of_start(board, to);
	if (is_set(&node->service_running) && !is_set(&node->service_ready))
		buffer_printf(to, "%s: the process is starting\n", service);
	if (!is_set(&sum.gauges.listens))
		buffer_printf(to, "edges: none of %" PRIu64 " listens\n",
			      counter_read(&node->edges_wanted));
	return true;
}
