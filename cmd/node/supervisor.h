/* The process that starts the others, and starts them again. It reads nothing but the configuration
 * and signals, and holds no keys.
 *
 *   SIGHUP            read the configuration anew: new edges with it, then the old ones retire;
 *                     a bad one changes nothing
 *   SIGTERM, SIGINT   edges drain for 10 s at most, then the authority ends; again: end at once
 */
#pragma once

#include "node/program.h"

struct supervisor_options {
	const struct program *program;
	const char *config_path;
	struct config *config; /* as read from there; taken over */
};

/* Runs the node to its end; returns the program's exit status. */
int supervise(const struct supervisor_options *options);
