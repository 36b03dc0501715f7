#include "node/family.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "node/control.h"
#include "node/edge.h"

/* -- membership -- */

bool family_add(struct family *family, enum process_kind kind, const char *name,
		const struct generation *generation, struct error *err)
{
	if (family->count == FAMILY_MAX)
		return error_set(err, REASON_BUSY, "more than %d processes", FAMILY_MAX);
	if (!process_new(kind, name, generation, &family->members[family->count], err))
		return false;
	if (!metrics_board_take(family->metrics, &family->members[family->count]->page, err)) {
		process_free(TAKE(family->members[family->count]));
		return false;
	}
	family->count++;
	return true;
}

bool family_add_parts(struct family *family, const struct generation *generation, struct error *err)
{
	const struct program *program = family->program;

	for (size_t i = 0; i < program->part_count; i++) {
		const struct part *part = &program->parts[i];

		if (family_of_kind(family, part->kind) ||
		    (part->is_wanted && !part->is_wanted(generation)))
			continue;
		if (!family_add(family, part->kind, part->name, generation, err))
			return false;
	}
	return true;
}

const struct part *family_part(const struct family *family, const struct process *process)
{
	const struct program *program = family->program;

	for (size_t i = 0; i < program->part_count; i++)
		if (program->parts[i].kind == process->kind)
			return &program->parts[i];
	return NULL;
}

bool family_add_edges(struct family *family, const struct generation *generation, struct error *err)
{
	char name[PROCESS_NAME_MAX];

	for (unsigned int i = 1; i <= generation->edges; i++) {
		snprintf(name, sizeof name, generation->number == 1 ? "edge-%u" : "edge-%u.%u", i,
			 generation->number);
		if (!family_add(family, PROCESS_EDGE, name, generation, err))
			return false;
	}
	return true;
}

void family_remove(struct family *family, struct process *process)
{
	for (size_t i = 0; i < family->count; i++) {
		if (family->members[i] != process)
			continue;
		family->count--;
		memmove(&family->members[i], &family->members[i + 1],
			(family->count - i) * sizeof family->members[i]);
		break;
	}
	metrics_board_give_back(family->metrics, process->page);
	process_free(process);
}

void family_done(struct family *family)
{
	while (family->count)
		family_remove(family, family->members[family->count - 1]);
	fd_closep(&family->admin_fd);
	free(family->est_url);
	free(family->console_url);
	family->est_url = family->console_url = NULL;
	change_board_free(family->board);
	family->board = NULL;
	metrics_board_free(family->metrics);
	family->metrics = NULL;
}

/* -- what each kind does after fork() -- */

static enum ipc_role role_of(enum process_kind kind)
{
	static const enum ipc_role roles[PROCESS_KIND_COUNT] = {
		[PROCESS_SERVICE] = IPC_ROLE_EDGE, /* it has no line */
		[PROCESS_ADMIN] = IPC_ROLE_ADMIN,
		[PROCESS_MONITOR] = IPC_ROLE_MONITOR,
		[PROCESS_EDGE] = IPC_ROLE_EDGE,
	};

	return roles[kind];
}

size_t family_lines(const struct family *family, struct family_line *ret)
{
	size_t count = 0;

	for (size_t i = 0; i < family->count; i++) {
		const struct process *member = family->members[i];
		if (member->line[0] >= 0)
			ret[count++] = (struct family_line){ member->line[0], role_of(member->kind),
							     member->name };
	}
	return count;
}

static int run_edge(void *context, const struct process *process, int control_fd)
{
	const struct family *family = context;
	struct edge_options options;
	struct error err;

	if (!generation_edge_options(process->generation, &options, &err))
		return control_refuse(control_fd, &err);
	options.name = process->name;
	options.board = family->board;
	options.page = family->page;
	options.via_name = family->via_name[0] ? family->via_name : NULL;
	options.line_fd = process->line[1];
	options.control_fd = control_fd;
	int result = edge_main(&options);
	free((void *)(uintptr_t)options.listeners);
	return result;
}

/* -- starting -- */

/* The descriptors that a child keeps. */
struct kept {
	int fds[FAMILY_MAX + CONFIG_LISTENERS_MAX * CONFIG_LISTENS_MAX + 1];
	size_t count;
};

static void keep(struct kept *kept, int fd)
{
	if (fd >= 0)
		kept->fds[kept->count++] = fd;
}

static void keep_listeners(const struct generation *generation, unsigned int kinds,
			   struct kept *kept)
{
	for (size_t i = 0; i < generation->fd_count; i++)
		if (generation_is_of(generation, i, kinds))
			keep(kept, generation->fds[i]);
}

static void keep_for(const struct family *family, const struct process *process, struct kept *kept)
{
	switch (process->kind) {
	case PROCESS_SERVICE:
		for (size_t i = 0; i < family->count; i++)
			keep(kept, family->members[i]->line[0]);
		return;
	case PROCESS_ADMIN:
		keep(kept, process->line[1]);
		keep(kept, family->admin_fd);
		keep_listeners(process->generation, LISTENER_BIT(LISTENER_ADMIN), kept);
		return;
	case PROCESS_MONITOR:
		keep(kept, process->line[1]);
		keep_listeners(process->generation, LISTENER_BIT(LISTENER_METRICS), kept);
		return;
	case PROCESS_EDGE:
		keep(kept, process->line[1]);
		keep_listeners(process->generation, LISTENERS_OF_EDGES, kept);
		return;
	case PROCESS_KIND_COUNT:
		return;
	}
}

/* What it counts, it counts in its own page; the monitor has none, and sees all. */
static void take_page(struct family *family, const struct process *process)
{
	family->page = NULL;
	if (process->kind == PROCESS_MONITOR)
		metrics_board_only_read(family->metrics);
	else
		family->page = metrics_board_keep(family->metrics, process->page);
}

static int run(void *context, const struct process *process, int control_fd)
{
	const struct part *part = family_part(context, process);

	take_page(context, process);
	return part ? part->run(context, process, control_fd)
		    : run_edge(context, process, control_fd);
}

bool family_start(struct family *family, struct process *process, struct error *err)
{
	struct kept kept = { .count = 0 };

	keep_for(family, process, &kept);
	const struct process_start start = {
		.run = run,
		.context = family,
		.fds = kept.fds,
		.fd_count = kept.count,
	};
	return process_start(process, &start, err);
}

void family_announce(struct family *family, const struct process *process)
{
	struct process *service = family_service(family);
	struct error err;

	if (!service || !service->pid)
		return;
	if (control_send_line(service->control_fd, role_of(process->kind), process->name,
			      process->line[0], &err))
		return;
	log_event(LOG_LEVEL_WARNING, "service.deaf", "child=%s detail=\"%s\"", process->name,
		  err.detail);
	process_signal(service, SIGTERM);
}

/* -- questions -- */

struct process *family_find(const struct family *family, pid_t pid)
{
	for (size_t i = 0; i < family->count; i++)
		if (family->members[i]->pid == pid)
			return family->members[i];
	return NULL;
}

struct process *family_of_kind(const struct family *family, enum process_kind kind)
{
	for (size_t i = 0; i < family->count; i++)
		if (family->members[i]->kind == kind && !family->members[i]->retiring)
			return family->members[i];
	return NULL;
}

struct process *family_service(const struct family *family)
{
	return family_of_kind(family, PROCESS_SERVICE);
}

bool family_all_ready(const struct family *family, const struct generation *generation)
{
	for (size_t i = 0; i < family->count; i++) {
		const struct process *member = family->members[i];
		bool asked = !generation || member->generation == generation;
		if (asked && !member->retiring && !member->ready)
			return false;
	}
	return true;
}

const struct process *family_awaited_part(const struct family *family)
{
	for (size_t i = 0; i < family->count; i++) {
		const struct process *member = family->members[i];
		if (member->kind != PROCESS_EDGE && (member->restarting || !member->ready))
			return member;
	}
	return NULL;
}

bool family_has_edges(const struct family *family)
{
	for (size_t i = 0; i < family->count; i++)
		if (family->members[i]->kind == PROCESS_EDGE)
			return true;
	return false;
}

bool family_uses(const struct family *family, const struct generation *generation)
{
	for (size_t i = 0; i < family->count; i++)
		if (family->members[i]->generation == generation)
			return true;
	return false;
}

void family_signal(const struct family *family, int signal_number)
{
	for (size_t i = 0; i < family->count; i++)
		process_signal(family->members[i], signal_number);
}
