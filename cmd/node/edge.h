/* The process that reads strangers' bytes: HTTP, TLS and EST's outer half, and nothing worth
 * stealing but the node's TLS key. */
#pragma once

#include "base/change_board.h"
#include "node/lockdown.h"
#include "http/http.h"
#include "metrics/page.h"

/* Everything is borrowed from the supervisor's memory as it was at fork; edge_main may keep it. */
struct edge_options {
	const char *name; /* "edge-1" */
	int line_fd;      /* to the authority: ipc_client */
	int control_fd;   /* to the supervisor: control.h; IPC_RETIRE comes in here */
	const struct http_listener_options *listeners;
	size_t listener_count;
	struct http_limits limits;
	/* PEM chain and key, read before lockdown_edge(). NULL (certificate = auto): the identity
	 * comes in the authority's snapshot. Both or neither. */
	const char *certificate_path, *private_key_path;
	bool allow_tls12;
	const char *via_name;  /* of a proxy; NULL: the node answers itself */
	const char *base_path; /* before "/.well-known/est": "" or "/pki", no slash at the end */
	bool drop_unlisted; /* close on addresses that no account lists, before any byte is read */
	struct change_board *board; /* which OCSP answers are void; only read from here on */
	struct metrics_page *page;  /* what this edge counts */
	struct lockdown_options lockdown;
};

/* Runs until retired and drained; returns an enum process_exit. The log is open under `name`,
 * SIGPIPE, SIGHUP and SIGINT are ignored, SIGTERM ends the process at once, and only the
 * descriptors named here and the standard three are open. Retired means PROCESS_EXIT_DONE. */
int edge_main(const struct edge_options *options);
