/* A strict, small HTTP/1.1 server on one event loop: listeners, TLS, connections, requests,
 * answers. One thread; many processes.
 *
 * A connection is only a file descriptor and a deadline until its first bytes arrive; then TLS
 * state is made. One request at a time: the next pipelined one is read after the answer is written.
 * A request in hand belongs to the handler until http_answer(). */
#pragma once

#include <event2/event.h>

#include "base/address.h"
#include "base/bytes.h"
#include "base/error.h"
#include "http/counters.h"

struct http_limits {
	size_t head_max;       /* octets of request line and fields; default 8192 */
	size_t body_max;       /* default 65536 */
	size_t large_max;      /* octets held while bodies arrive, beyond which none grows larger
				  than 65536; per process; default 64 MiB */
	uint32_t handshake_ms; /* from accept to the end of the handshake; default 10000 */
	uint32_t request_ms;   /* from the first octet of a request to its last; default 30000 */
	uint32_t idle_ms;      /* between requests; default 60000 */
	uint32_t answer_ms;    /* from answer to its last octet taken by the peer; default 30000 */
	uint32_t connections_max;         /* per process; default 10000 */
	uint32_t connections_per_address; /* per process; default 200 */
};
extern const struct http_limits http_limits_default;

struct tls_context; /* http/tls.h; referenced by connections, so replacing one lets the old end by
		       itself */

/* The field in which proxies that end TLS name the client of each request. */
enum forwarded_header {
	FORWARDED_HEADER_NONE,
	FORWARDED_HEADER_X_FORWARDED_FOR,
	FORWARDED_HEADER_RFC7239, /* Forwarded */
};

struct http_listener_options {
	int fd;              /* listening, non-blocking; stays the caller's */
	bool tls;            /* false: plain HTTP */
	bool proxy_protocol; /* every connection must begin with a PROXY v1 or v2 header from a
				trusted proxy */
	/* What a trusted proxy's requests must carry; from others it is ignored. Not together
	 * with proxy_protocol. */
	enum forwarded_header forwarded_header;
	struct address_set trusted_proxies; /* borrowed, while the server or a connection lives */
};

struct http_exchange;
struct http_header {
	const char *name, *value;
};

struct http_server_options {
	struct event_base *base;
	struct http_limits limits;
	/* Called with each complete request. Must call http_answer() now or later, exactly once,
	 * from the same thread. */
	void (*handle)(void *context, struct http_exchange *exchange);
	/* May refuse a peer before any byte of it is read (the connection is closed without a
	 * word); NULL admits all. */
	bool (*admit)(void *context, const struct address *peer);
	void *context;
	/* Paths may hold base64, whose slash clients encode: it arrives decoded. False: 404. */
	bool takes_encoded_slashes;
	struct http_counters *counters; /* borrowed; NULL: the server has its own */
	struct counter *open;           /* follows how many are open; borrowed; NULL: none does */
};

/* SIGPIPE must be ignored by the process. The base gets three priorities: clients whose address has
 * many connections open wait for the others. It should be made with
 * event_config_set_max_dispatch_interval(config, NULL, 16, 2), so that it looks for the others
 * often.
 */
struct http_server;
MUST_CHECK bool http_server_new(const struct http_server_options *options, struct http_server **ret,
				struct error *err);
MUST_CHECK bool http_server_listen(struct http_server *server,
				   const struct http_listener_options *listener, struct error *err);
/* For connections whose first octet has not come yet. The server takes a reference. */
void http_server_set_tls(struct http_server *server, struct tls_context *tls);
/* Stops accepting; answers from now on say Connection: close only if `close_idle`, which also ends
 * idle connections at once. */
void http_server_retire(struct http_server *server, bool close_idle);
uint32_t http_server_connections(const struct http_server *server); /* open now */
/* How many clients are in the midst of a handshake or of a request, unless they take their time.
 * Counts no further than `most`. */
uint32_t http_server_asking(const struct http_server *server, uint32_t most);
/* Of how many clients a request is to be expected soon: of those, and of who connected or was
 * answered a moment ago. Counts no further than `most`. */
uint32_t http_server_awaited(const struct http_server *server, uint32_t most);
const struct http_counters *http_server_counters(const struct http_server *server);
/* Ends all connections. An exchange still in hand stays valid until it is answered. */
void http_server_free(struct http_server *server);
DEFINE_CLEANUP(struct http_server *, http_server_free)

/* -- the request; all views live until http_answer() -- */
const char *http_method(
	const struct http_exchange
		*exchange); /* "GET"; HEAD is told as GET, its answer's body is left out by http */
const char *http_path(const struct http_exchange
			      *exchange); /* percent-decoded once, query removed, absolute form
					     reduced to its path; still raw where decoding would
					     make a '/' or NUL: those requests never arrive here */
/* What stands behind the '?', as it came; "" when nothing does. */
const char *http_query(const struct http_exchange *exchange);
const char *http_header(const struct http_exchange *exchange,
			const char *name); /* any case; NULL when absent; repeated single-value
					      fields never arrive here */
struct bytes http_body(const struct http_exchange *exchange);
const struct address *
http_peer(const struct http_exchange *exchange); /* the TCP peer's, or what a trusted proxy's PROXY
						    header or field says */
bool http_peer_unknown(
	const struct http_exchange
		*exchange); /* a trusted proxy spoke without naming the client (LOCAL, UNKNOWN, no
			       hop in the field that is sure); http_peer() is the proxy then */
/* The trusted proxy that speaks for the client, and by what: "PROXY protocol", or the field's name.
 * NULL: the client speaks for itself. */
const struct address *http_proxy(const struct http_exchange *exchange, const char **ret_means);
const char *http_request_id(
	const struct http_exchange *exchange); /* 16 hexadecimal digits, new for every request */
/* monotonic_us() at the request's first octet */
uint64_t http_started_us(const struct http_exchange *exchange);

/* -- TLS of the connection; empty on plain listeners -- */
const char *http_tls_version(const struct http_exchange *exchange); /* "TLSv1.3"; "" without TLS */
/* Fills up to `max` DER views, leaf first; returns how many the client sent (0: no certificate).
 * Possession of the leaf's key is proven; nothing else is judged. None where a proxy ended the
 * client's TLS: what it shows of itself is no word about whom it speaks for. */
size_t http_client_chain(const struct http_exchange *exchange, struct bytes *ret, size_t max);
/* Base64 text of tls-unique (TLS 1.2 with extended master secret, else "") and of tls-exporter (RFC
 * 9266). */
void http_channel_binding(const struct http_exchange *exchange, char tls_unique[65],
			  char tls_exporter[65]);

/* -- the answer -- */
struct http_answer {
	unsigned int status;
	const char *content_type;       /* NULL: none */
	struct http_header headers[12]; /* further fields in canonical case; name NULL ends */
	struct bytes body; /* copied or sent before return, unless body_release is set */
	/* When set, `body` is neither copied nor changed, and this is called exactly once, with
	 * body_owner, as soon as it is not needed any more: for a long CRL that many take. */
	void (*body_release)(void *body_owner);
	void *body_owner;
	bool close; /* Connection: close and close_notify */
	/* To a client that asked by HTTP/1.0, the status line names that version too; else it is
	 * HTTP/1.1 for everyone (RFC 9112 2.3). */
	bool mirrors_http10;
};
/* Consumes the exchange. Head and body leave in one write; Content-Length always, never chunked. A
 * connection that died meanwhile is no error. */
void http_answer(struct http_exchange *exchange, const struct http_answer *answer);
