/* The lines that http writes to the log: one for each client that it turned away or answered by
 * itself, within a budget. */
#pragma once

#include "base/log.h"
#include "http/connection.h"

struct notice {
	enum log_level level;
	const char *event;
	const char *reason;  /* a code of the catalogue */
	const char *detail;  /* what happened, in words; a budget for each */
	unsigned int status; /* 0: none */
	const char *request; /* NULL: none */
};

void notice_client(struct connection *connection, const struct notice *notice);
