/* One operator's program on the local socket: a request in, its reply out, the next request. */
#pragma once

#include "ipc/ipc.h"

struct admin_connection;

struct admin_connection_options {
	struct event_base *base;
	struct ipc_client *authority;
	int fd;            /* taken over, in any case */
	const char *actor; /* "operator:root"; copied. NULL: refused with `not_permitted` */
	void *context;
	void (*on_end)(void *context); /* once, when the connection is gone */
};
/* The connection frees itself. False, and no on_end, when memory is out. */
bool admin_connection_open(const struct admin_connection_options *options);
