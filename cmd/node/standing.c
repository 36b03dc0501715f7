#include "node/standing.h"

#include "base/clock.h"
#include "metrics/record.h"

static struct metrics_page *own_page(struct supervisor *supervisor)
{
	return metrics_board_page(supervisor->family.metrics, BOARD_SUPERVISOR);
}

void standing_begin(struct supervisor *supervisor)
{
	struct page_node *node = &own_page(supervisor)->node;

	counter_set(&node->started_at, (uint64_t)clock_now(&clock_system));
	standing_note_reload(supervisor, true);
}

static unsigned int count_running(const struct family *family, enum process_kind kind)
{
	unsigned int count = 0;

	for (size_t i = 0; i < family->count; i++)
		count += family->members[i]->kind == kind && family->members[i]->pid;
	return count;
}

static bool is_ready(const struct family *family, enum process_kind kind)
{
	const struct process *process = family_of_kind(family, kind);

	return process && process->pid && process->ready;
}

void standing_show(struct supervisor *supervisor)
{
	const struct family *family = &supervisor->family;
	struct page_node *node;

	if (!family->metrics)
		return;
	node = &own_page(supervisor)->node;
	counter_set(&node->is_serving, supervisor->phase == PHASE_SERVING);
	counter_set(&node->is_draining, supervisor->phase > PHASE_SERVING);
	counter_set(&node->edges_wanted, supervisor->current ? supervisor->current->edges : 0);
	counter_set(&node->edges_running, count_running(family, PROCESS_EDGE));
	counter_set(&node->service_running, count_running(family, PROCESS_SERVICE));
	counter_set(&node->service_ready, is_ready(family, PROCESS_SERVICE));
	counter_set(&node->admin_wanted, family_of_kind(family, PROCESS_ADMIN) != NULL);
	counter_set(&node->admin_running, count_running(family, PROCESS_ADMIN));
}

/* Names of processes have numbers, which would be labels without end. */
static const char *const kinds[PROCESS_KIND_COUNT] = {
	[PROCESS_SERVICE] = "service",
	[PROCESS_ADMIN] = "admin",
	[PROCESS_MONITOR] = "monitor",
	[PROCESS_EDGE] = "edge",
};

void standing_note_end(struct supervisor *supervisor, const struct process *process, bool was_told)
{
	metrics_board_rest(supervisor->family.metrics, process->page);
	if (!was_told)
		record_end(own_page(supervisor), kinds[process->kind]);
}

void standing_note_reload(struct supervisor *supervisor, bool successful)
{
	struct page_node *node = &own_page(supervisor)->node;

	counter_set(&node->reloaded_well, successful);
	if (successful)
		counter_set(&node->reloaded_at, (uint64_t)clock_now(&clock_system));
}
