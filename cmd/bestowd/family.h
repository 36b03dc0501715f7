/* All children of the supervisor, and how each kind of them is run. */
#pragma once

#include "base/change_board.h"
#include "bestowd/process.h"

#define FAMILY_MAX 1000 /* no more than an ipc_server has lines */

struct family {
	struct process *members[FAMILY_MAX];
	size_t count;
	int admin_fd;                /* listens on the local socket; -1: none yet */
	char *est_url, *console_url; /* of the node; console_url NULL: there is none */
	struct change_board *board;  /* of the authority and the edges, over all their starts */
};

MUST_CHECK bool family_add(struct family *family, enum process_kind kind, const char *name,
			   const struct generation *generation, struct error *err);
/* Adds the generation's edges, without starting them. */
MUST_CHECK bool family_add_edges(struct family *family, const struct generation *generation,
				 struct error *err);
void family_remove(struct family *family, struct process *process);
/* Forks the process, with the lines and sockets of its kind. */
MUST_CHECK bool family_start(struct family *family, struct process *process, struct error *err);
/* Brings a line to a running authority. One that cannot be told is ended: it finds all lines when
 * it starts again. */
void family_announce(struct family *family, const struct process *process);

struct process *family_find(const struct family *family, pid_t pid);
struct process *family_authority(const struct family *family);
/* `generation` NULL: of any. */
bool family_all_ready(const struct family *family, const struct generation *generation);
bool family_has_edges(const struct family *family);
bool family_uses(const struct family *family, const struct generation *generation);
void family_signal(const struct family *family, int signal_number);
void family_done(struct family *family);
