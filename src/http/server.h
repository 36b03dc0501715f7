/* What connections share: options, limits, lists, counters. One event loop, one thread. */
#pragma once

#include <sys/queue.h>

#include "http/address_count.h"
#include "http/connection.h"
#include "http/http.h"
#include "http/log_budget.h"

#define SCRATCH_LEN 16384 /* a TLS record's worth, so that one read takes it */

/* Of events: a flood from one address is served with what the others leave. New events of the
 * base's owner are normal. */
#define SERVER_PRIORITIES 3
#define SERVER_PRIORITY_NORMAL 1
#define SERVER_PRIORITY_CROWD 2

TAILQ_HEAD(connection_list, connection);
TAILQ_HEAD(listener_list, listener);

struct http_server {
	struct http_server_options options;
	struct tls_context *tls; /* NULL: TLS listeners turn everybody away */
	struct listener_list listeners;
	struct connection_list idle; /* owe us the next octet; the longest idle first */
	struct connection_list busy;
	uint32_t open;
	size_t held; /* octets of the bodies of all connections' requests */
	struct address_count *per_address;
	struct log_budget log_budget;
	struct http_counters own_counters, *counters;
	uint64_t next_id;
	bool closing; /* no answer keeps its connection */
	unsigned char scratch[SCRATCH_LEN];
};

/* A new request's id, in hexadecimal; returns `into`. */
const char *server_new_id(struct http_server *server, char into[REQUEST_ID_LEN + 1]);
/* The gate before the first octet: the caller's opinion, then the cap per address. */
MUST_CHECK bool server_admit(struct http_server *server, const struct address *peer);
