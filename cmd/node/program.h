/* What tells one program of nodes from another: bestowd, bestow-ra. */
#pragma once

#include "node/process.h"

struct family;

/* A process beside the edges. */
struct part {
	enum process_kind kind;
	const char *name;
	/* See struct process_start. */
	int (*run)(struct family *family, const struct process *process, int control_fd);
	/* After a reload the process ends, and starts again with what is new; otherwise it goes on
	 * as before. */
	bool (*must_restart)(const struct generation *before, const struct generation *now);
	/* NULL: always. Where it is not wanted there is no such process. */
	bool (*is_wanted)(const struct generation *generation);
};

struct program {
	const char *name; /* "bestowd" */
	const char *config_path;
	const char *help;
	enum config_dialect dialect;
	bool is_proxy; /* its service asks others, which may ask it in turn */
	/* The service first: when it is forked, all lines are there. */
	const struct part *parts;
	size_t part_count;
	/* What --check-config looks at beyond the configuration's own words; NULL: nothing. */
	bool (*check)(const struct config *config, struct error *err);
	int (*self_test)(void); /* --self-test=lockdown */
	/* --after-restore, and with `unmarked` --after-restore=snapshot; NULL: there is no store */
	int (*after_restore)(const struct config *config, bool unmarked);
};

/* From the arguments to the program's end: its exit status. */
int program_main(const struct program *program, int argc, char **argv);
