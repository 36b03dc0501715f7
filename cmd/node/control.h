/* The line between the supervisor and each of its processes: who serves, who cannot, who shall end.
 * New for every process, unlike the lines to the authority, which outlive them. */
#pragma once

#include "ipc/ipc.h"

/* A process ends with one of these. The supervisor starts one that died of anything else anew; one
 * that refused before it ever served stops a node that is starting. */
enum process_exit {
	PROCESS_EXIT_DONE = 0,   /* retired, or told to end */
	PROCESS_EXIT_FAILED = 1, /* something broke while it served */
	PROCESS_EXIT_REFUSED =
		78, /* cannot serve with this configuration, these files, this store */
};

/* Says IPC_READY: from now on it serves. */
void control_ready(int control_fd);
/* Tells the supervisor, which logs it once for the node, why this process cannot serve. Returns
 * PROCESS_EXIT_REFUSED, for `return control_refuse(...)` at start. */
int control_refuse(int control_fd, const struct error *err);

/* The payload of IPC_RETIRE. */
struct control_retire {
	bool close_idle;   /* the node ends: idle connections end at once */
	uint32_t drain_ms; /* open connections end by force after this; 0: never */
};
void control_retire_pack(const struct control_retire *retire, struct buffer *to);
MUST_CHECK bool control_retire_unpack(struct bytes payload, struct control_retire *ret,
				      struct error *err);

/* Supervisor to authority: a new process's line, whose other end the supervisor keeps. */
MUST_CHECK bool control_send_line(int control_fd, enum ipc_role role, const char *name, int line_fd,
				  struct error *err);
/* Supervisor to a process; false when it cannot be told. */
MUST_CHECK bool control_send_retire(int control_fd, const struct control_retire *retire,
				    struct error *err);
