/* The process that tells machines how the node is: metrics, and whether it lives and is ready. It
 * reads what the others count, asks the service for the rest, and holds nothing itself. */
#pragma once

#include "node/lockdown.h"
#include "node/program.h"
#include "http/http.h"
#include "metrics/board.h"

struct monitor_options {
	int line_fd;    /* to the service: ipc_client */
	int control_fd; /* to the supervisor: control.h */
	const struct http_listener_options *listeners;
	size_t listener_count;
	const struct metrics_board *board;
	const char *service; /* its name, for people: "authority" */
	struct lockdown_options lockdown;
};

/* Runs until retired; returns an enum process_exit. */
int monitor_main(const struct monitor_options *options);

/* The row of a program's table of parts: it is there where [metrics] listens. */
int monitor_run(struct family *family, const struct process *process, int control_fd);
bool monitor_must_restart(const struct generation *before, const struct generation *now);
bool monitor_is_wanted(const struct generation *generation);
#define MONITOR_PART                                                                               \
	{                                                                                          \
		PROCESS_MONITOR, "monitor", monitor_run, monitor_must_restart, monitor_is_wanted   \
	}
