/* Sockets that listen: strangers' addresses, and the administrators' local one. */
#pragma once

#include <sys/types.h>

#include "config/config.h"

/* A non-blocking, close-on-exec listening socket. REASON_LISTEN names the address and what is
 * wrong with it; errno says the same. */
MUST_CHECK bool listen_tcp(const struct config_listen *listen, int *ret, struct error *err);

struct listen_local_options {
	const char *path;
	bool give_away; /* to uid and gid: made by root for the node's user */
	uid_t uid;
	gid_t gid;
};
/* Mode 0600. A socket that nobody answers on any more is replaced; anything else at the path is
 * not. */
MUST_CHECK bool listen_local(const struct listen_local_options *options, int *ret,
			     struct error *err);
