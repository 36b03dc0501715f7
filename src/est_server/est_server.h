/* EST over HTTPS (RFC 7030): from a request to a question, and from an answer to what this client
 * can read. */
#pragma once

#include "http/http.h"
#include "model/est_service.h"
#include "model/snapshot.h"

struct est_server_options {
	struct est_asker *asker; /* who answers what needs an authority; borrowed */
	const char *base_path;   /* a fixed prefix before /.well-known, "" for none; borrowed */
	const char *via_name;    /* of this proxy, in Via fields; NULL: it is none; borrowed */
	bool tls_proxied;        /* TLS ends before this node: bindings cannot be compared */
};

struct est_server;
MUST_CHECK bool est_server_new(const struct est_server_options *options, struct est_server **ret,
			       struct error *err);
void est_server_free(struct est_server *server);
DEFINE_CLEANUP(struct est_server *, est_server_free)

/* Takes the snapshot; requests from now on see it. */
void est_server_set_snapshot(struct est_server *server, struct snapshot *snapshot);
/* What an address gate before the handshake asks: is the peer in any account's list? */
bool est_server_admits(const struct est_server *server, const struct address *peer);
/* Answers the exchange, now or when the authority has. */
void est_server_handle(struct est_server *server, struct http_exchange *exchange);
