/* One client's connection, from accept to the last octet. It is always in one state; each state has
 * a step that goes as far as it can and says what it waits for. The deadline of a state is total:
 * dribbling octets does not move it. */
#pragma once

#include <sys/queue.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#include "http/exchange.h"
#include "http/feed.h"
#include "http/forwarded.h"
#include "http/http.h"
#include "http/outgoing.h"
#include "http/stream.h"

struct http_server;

enum connection_state {
	CONNECTION_PROXY,     /* reading a PROXY header */
	CONNECTION_HANDSHAKE, /* no TLS state before the first octet */
	CONNECTION_HEAD,      /* idle, or reading a head */
	CONNECTION_BODY,
	CONNECTION_CONTINUE, /* writing "100 Continue" */
	CONNECTION_HANDLER,  /* the handler has the request; nothing is read */
	CONNECTION_ANSWER,   /* writing the answer */
	CONNECTION_FEED,     /* writing an answer that goes on */
	CONNECTION_END,      /* saying close_notify */
	CONNECTION_LINGER,   /* waiting for the client to take all and go */
	CONNECTION_BROKEN,   /* to be dropped */
};

/* See http/feed.h. */
struct feed {
	struct http_feed_options options;
	struct event tick;
	bool is_chunked;
	bool has_ended; /* its owner said so, and is told nothing more */
};

struct connection {
	struct http_server *server; /* NULL: the server is gone, the handler still holds the request
				     */
	enum connection_state state;
	struct stream stream;
	bool is_tls;
	struct address tcp_peer;
	struct address peer;          /* the client: the TCP peer, or whom a trusted proxy named */
	bool is_proxied;              /* the TCP peer is a trusted proxy */
	struct forwarding forwarding; /* how it names the client of each request */
	bool peer_unknown;            /* a trusted proxy named nobody */
	bool counted;                 /* among its address's connections */
	bool is_idle;
	bool running;
	size_t wakes_at; /* octets, while a ClientHello is awaited; 0: at once */
	TAILQ_ENTRY(connection) link;

	struct event io, timer;
	short waits_for; /* EV_READ, EV_WRITE, 0 */
	uint64_t deadline_ms, timer_ms;
	uint64_t moved_on_ms; /* when it last got a deadline, which it does with each new state */

	struct buffer in; /* arrived and not yet used; wiped when used */
	size_t scanned;
	unsigned int empty_lines;
	uint64_t request_started_us; /* 0: no octet of it has come */
	struct http_exchange *exchange;

	unsigned int work_in_turn; /* reads and answers since the loop called */
	bool is_crowded;           /* its address has many connections: others first */

	struct outgoing out;
	struct feed feed;
	bool ends_after_answer;
	bool client_ends; /* the client said that this request is its last */
	size_t discarded;
};

struct connection_origin {
	int fd; /* taken over */
	bool tls, proxy_protocol;
	struct forwarding forwarding; /* of a trusted proxy's connection */
	struct address peer;
};
/* Serves from now on. Closes fd if that fails. */
void connection_open(struct http_server *server, const struct connection_origin *origin);
void connection_answer(struct connection *connection, struct http_exchange *exchange,
		       const struct http_answer *answer);
/* At once. A request in the handler's hands lives on until it is answered. */
void connection_close(struct connection *connection);

/* -- for the steps -- */

enum step {
	STEP_NEXT, /* the state may have changed: go on */
	STEP_READ,
	STEP_WRITE,
	STEP_PAUSE, /* somebody else will go on */
	STEP_CLOSE,
};

/* What a stream that is not ready waits for; one that is broken or at its end is closed. Of
 * STREAM_OK: STEP_NEXT. */
enum step step_of_stream(enum stream_result result);

void connection_set_deadline(struct connection *connection, uint32_t ms);
void connection_set_idle(struct connection *connection, bool is_idle);
void connection_run(struct connection *connection);
/* Runs it in the loop's next turn. */
void connection_wake(struct connection *connection);
/* Says goodbye, lets the client take what was sent, and closes. */
void connection_end(struct connection *connection);
/* To be called when the client's address becomes known, or another one's. */
void connection_note_crowd(struct connection *connection);
enum connection_state connection_after_proxy(const struct connection *connection);
void connection_free(struct connection *connection); /* one that has left its server */
/* Answers in the handler's place, and closes. */
void connection_refuse(struct connection *connection, const struct refusal *refusal);

enum step step_proxy(struct connection *connection);
enum step step_handshake(struct connection *connection);
enum step step_head(struct connection *connection);
enum step step_body(struct connection *connection);
enum step step_continue(struct connection *connection);
enum step step_handler(struct connection *connection);
enum step step_answer(struct connection *connection);
enum step step_feed(struct connection *connection);
enum step step_end(struct connection *connection);
enum step step_linger(struct connection *connection);
enum step step_broken(struct connection *connection);
/* Tells the owner of a feed, if there is one, that it is no more. */
void feed_gone(struct connection *connection);
