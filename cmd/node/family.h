/* All children of the supervisor, and how each kind of them is run. */
#pragma once

#include "base/change_board.h"
#include "est/via.h"
#include "metrics/board.h"
#include "node/program.h"

#define FAMILY_MAX 1000 /* no more than an ipc_server has lines */

/* A line as the service has it. */
struct family_line {
	int fd;
	enum ipc_role role;
	const char *name; /* "edge-1" */
};

struct family {
	const struct program *program;
	struct process *members[FAMILY_MAX];
	size_t count;
	int admin_fd;                /* listens on the local socket; -1: none yet */
	char *est_url, *console_url; /* of the node; console_url NULL: there is none */
	char via_name[VIA_NAME_MAX]; /* of a proxy, in Via fields; "": it is none */
	struct change_board *board;  /* of the service and the edges, over all their starts */
	struct metrics_board *metrics;
	struct metrics_page *page; /* of the process that we are; NULL: it has none */
};

MUST_CHECK bool family_add(struct family *family, enum process_kind kind, const char *name,
			   const struct generation *generation, struct error *err);
/* Adds the program's parts that the generation wants and that are not there yet, and the
 * generation's edges, without starting them. */
MUST_CHECK bool family_add_parts(struct family *family, const struct generation *generation,
				 struct error *err);
MUST_CHECK bool family_add_edges(struct family *family, const struct generation *generation,
				 struct error *err);
/* The part that a process is; NULL for an edge. */
const struct part *family_part(const struct family *family, const struct process *process);
/* The service's ends of all lines; returns how many were written to `ret`, which has room for
 * `family->count`. */
size_t family_lines(const struct family *family, struct family_line *ret);
void family_remove(struct family *family, struct process *process);
/* Forks the process, with the lines and sockets of its kind. */
MUST_CHECK bool family_start(struct family *family, struct process *process, struct error *err);
/* Brings a line to a running service. One that cannot be told is ended: it finds all lines when
 * it starts again. */
void family_announce(struct family *family, const struct process *process);

struct process *family_find(const struct family *family, pid_t pid);
struct process *family_service(const struct family *family);
/* NULL: there is none of that kind. */
struct process *family_of_kind(const struct family *family, enum process_kind kind);
/* `generation` NULL: of any. */
bool family_all_ready(const struct family *family, const struct generation *generation);
/* One that is no edge and does not serve, or is about to start again; NULL: all serve. */
const struct process *family_awaited_part(const struct family *family);
bool family_has_edges(const struct family *family);
bool family_uses(const struct family *family, const struct generation *generation);
void family_signal(const struct family *family, int signal_number);
void family_done(struct family *family);
