/* What a process gives up once it has opened what it needs. Irreversible: no function here is ever
 * undone, and a process that could not lock itself in does not serve. */
#pragma once

#include <sys/types.h>

#include "base/error.h"

struct lockdown_options {
	bool switch_user; /* started as root, and a user is configured */
	uid_t uid;
	gid_t gid;
	/* Without the kernel's filter: refuse (true), or log a warning and go on ([node]
	 * require_lockdown = no). */
	bool required;
	/* The only TCP ports that lockdown_upstream() leaves, where the kernel can tell them apart.
	 */
	const uint16_t *ports;
	size_t port_count;
	bool token_network; /* the authority's token is reached by TCP: see filter_authority() */
};

/* A network process: other user, no new privileges, no core, no ptrace, and a filter that allows
 * what an event loop needs. Nothing can be opened, connected, bound, executed or forked after it;
 * descriptors come over lines that are open already. Call it after the TLS files are read and
 * before the first stranger's byte. */
MUST_CHECK bool lockdown_edge(const struct lockdown_options *options, struct error *err);
/* The admin process holds neither keys nor store, and needs no more than an edge. */
MUST_CHECK bool lockdown_admin(const struct lockdown_options *options, struct error *err);
/* So does the one that serves metrics. */
MUST_CHECK bool lockdown_monitor(const struct lockdown_options *options, struct error *err);
/* The process with keys and store: files and threads stay possible; programs, other processes,
 * their memory, and every socket but AF_UNIX (and IP, where a token is reached by
 * it) do not. Call it after the passphrase file is read and
 * before the store is opened, so that the store belongs to the user. */
MUST_CHECK bool lockdown_authority(const struct lockdown_options *options, struct error *err);
/* The process that asks upstream servers: it may make internet sockets and connect them, and read
 * what a resolver reads, but neither listen nor write a file. Call it after credentials are read.
 */
MUST_CHECK bool lockdown_upstream(const struct lockdown_options *options, struct error *err);
