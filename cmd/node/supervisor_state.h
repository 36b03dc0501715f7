/* What the supervisor knows, for the files it consists of: supervisor.c (the loop and the end) and
 * reload.c. */
#pragma once

#include "node/family.h"
#include "node/notify.h"

#define GENERATIONS_MAX 64
#define QUOTED_MAX 512 /* of a detail in a log line */

enum phase { PHASE_STARTING, PHASE_SERVING, PHASE_DRAINING, PHASE_ENDING };

struct supervisor {
	const char *config_path;
	struct notify notify;
	int signal_fd;
	struct family family;
	/* [0] is the first one, whose node section the authority and the admin live by; the last is
	 * `current` or `coming`; those between serve their last connections. */
	struct generation *generations[GENERATIONS_MAX];
	size_t generation_count;
	struct generation *current;
	struct generation *coming; /* NULL: no reload is under way */
	enum phase phase;
	bool settling;     /* the new edges serve; parts that start again for them do not yet */
	uint64_t deadline; /* of draining, ending, the coming generation or settling; 0: none */
	uint64_t watchdog_at;
	uint64_t terminated_at; /* when SIGTERM or SIGINT came last; 0: never */
	bool reload_wanted;
	int status; /* the program's */
};

/* Logs that the node serves what is current, and tells systemd. */
void supervisor_tell_serving(const struct supervisor *supervisor, const char *event);
