/* One child of the supervisor, from its first start over restarts to its end. */
#pragma once

#include <sys/types.h>

#include "node/control.h"
#include "node/generation.h"
#include "ipc/ipc.h"

enum process_kind {
	PROCESS_SERVICE, /* answers what edges ask: bestowd's authority, bestow-ra's upstream */
	PROCESS_ADMIN,
	PROCESS_MONITOR, /* serves metrics, and how the node is */
	PROCESS_EDGE,
	PROCESS_KIND_COUNT
};

#define PROCESS_NAME_MAX 32

struct process {
	enum process_kind kind;
	char name[PROCESS_NAME_MAX];
	const struct generation *generation; /* borrowed; of an edge, else of the first start */
	/* To the service: [0] its end, [1] ours; both stay open here, so that whichever process
	 * comes back finds the line as it was. -1 of the service itself. */
	int line[2];
	size_t page; /* of the metrics board */

	pid_t pid;                     /* 0: it does not run */
	int control_fd;                /* this end; -1: none. New at every start */
	bool ready;                    /* it said so since its last start */
	bool was_ready;                /* it did once */
	bool restarting;               /* a reload has ended it, to start it anew */
	bool retiring;                 /* it shall end, and is not started again */
	unsigned int failures;         /* in a row */
	uint64_t started_at, start_at; /* monotonic_ms(); start_at: when it does not run */
	char refusal[ERROR_DETAIL_MAX];
};

MUST_CHECK bool process_new(enum process_kind kind, const char *name,
			    const struct generation *generation, struct process **ret,
			    struct error *err);
/* It must not run any more. */
void process_free(struct process *process);
DEFINE_CLEANUP(struct process *, process_free)

/* How the child goes on after fork(): runs its part and returns an enum process_exit. It may
 * allocate and keep what it likes; its control line's end is `control_fd`. */
struct process_start {
	int (*run)(void *context, const struct process *process, int control_fd);
	void *context;
	/* The descriptors that the child keeps beside the standard three and its control line. */
	const int *fds;
	size_t fd_count;
};
/* Forks. Returns in the parent only. */
MUST_CHECK bool process_start(struct process *process, const struct process_start *start,
			      struct error *err);
/* It ended: clears what belonged to that run, and says when to start it again: at once the first
 * time, then after 100 ms, doubling to 5 s, until it has served for a while. */
void process_ended(struct process *process);
/* Reads what it says on its control line: IPC_READY, IPC_REFUSED. True when `ready` became true. */
bool process_listen(struct process *process);
/* Tells it to retire, or ends it if it cannot be told. */
void process_retire(struct process *process, const struct control_retire *order);
/* Nothing happens to one that does not run. */
void process_signal(const struct process *process, int signal_number);
