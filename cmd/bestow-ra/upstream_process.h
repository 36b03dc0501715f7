/* The process that asks the upstream servers. It has their credentials, and no CA. */
#pragma once

#include "node/family.h"
#include "node/lockdown.h"

/* Everything is borrowed from the supervisor's memory as it was at fork. */
struct upstream_process_options {
	const struct family_line *lines; /* of the edges */
	size_t line_count;
	int control_fd; /* to the supervisor */
	const struct config *config;
	const char *via_name;
	struct metrics_page *page; /* what this process counts */
	struct lockdown_options lockdown;
};

/* Runs until SIGTERM; returns an enum process_exit. */
int upstream_main(const struct upstream_process_options *options);
