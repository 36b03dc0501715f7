#include "http/connection.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "http/notice.h"
#include "http/server.h"

#define NO_DEADLINE UINT64_MAX
#define PROXY_MS 5000 /* proxies send their header at once */
#define LINGER_MS 2000
#define CROWD_MIN 16 /* connections that an address may have before others come first */

static enum step (*const steps[])(struct connection *) = {
	[CONNECTION_PROXY] = step_proxy,       [CONNECTION_HANDSHAKE] = step_handshake,
	[CONNECTION_HEAD] = step_head,         [CONNECTION_BODY] = step_body,
	[CONNECTION_CONTINUE] = step_continue, [CONNECTION_HANDLER] = step_handler,
	[CONNECTION_ANSWER] = step_answer,     [CONNECTION_END] = step_end,
	[CONNECTION_LINGER] = step_linger,     [CONNECTION_FEED] = step_feed,
	[CONNECTION_BROKEN] = step_broken,
};

static void on_ready(int fd, short what, void *context);

/* -- waiting -- */

static void wait_for(struct connection *connection, short what)
{
	if (connection->waits_for == what)
		return;
	event_del(&connection->io);
	connection->waits_for = what;
	if (what == 0)
		return;
	event_assign(&connection->io, connection->server->options.base, connection->stream.fd,
		     (short)(what | EV_PERSIST), on_ready, connection);
	event_priority_set(&connection->io,
			   connection->is_crowded ? SERVER_PRIORITY_CROWD : SERVER_PRIORITY_NORMAL);
	if (event_add(&connection->io, NULL) != 0)
		connection->state = CONNECTION_BROKEN;
}

static void arm_timer(struct connection *connection, uint64_t at_ms, uint64_t now_ms)
{
	uint64_t left = at_ms > now_ms ? at_ms - now_ms : 1;
	struct timeval delay = { .tv_sec = (time_t)(left / 1000),
				 .tv_usec = (suseconds_t)(left % 1000 * 1000) };

	if (event_add(&connection->timer, &delay) == 0)
		connection->timer_ms = at_ms;
	else
		connection->state = CONNECTION_BROKEN;
}

enum step step_of_stream(enum stream_result result)
{
	switch (result) {
	case STREAM_OK:
		return STEP_NEXT;
	case STREAM_WANT_READ:
		return STEP_READ;
	case STREAM_WANT_WRITE:
		return STEP_WRITE;
	case STREAM_ENDED:
	case STREAM_FAILED:
		break;
	}
	return STEP_CLOSE;
}

/* Deadlines mostly move away, so the timer is left where it is and looks again when it fires. */
void connection_set_deadline(struct connection *connection, uint32_t ms)
{
	uint64_t now = monotonic_ms();

	connection->deadline_ms = now + ms;
	connection->moved_on_ms = now;
	if (connection->deadline_ms < connection->timer_ms)
		arm_timer(connection, connection->deadline_ms, now);
}

void connection_set_idle(struct connection *connection, bool is_idle)
{
	struct http_server *server = connection->server;

	if (connection->is_idle == is_idle)
		return;
	TAILQ_REMOVE(is_idle ? &server->busy : &server->idle, connection, link);
	TAILQ_INSERT_TAIL(is_idle ? &server->idle : &server->busy, connection, link);
	connection->is_idle = is_idle;
}

void connection_run(struct connection *connection)
{
	enum step step = STEP_NEXT;

	connection->running = true;
	while (step == STEP_NEXT)
		step = steps[connection->state](connection);
	if (step == STEP_READ)
		wait_for(connection, EV_READ);
	if (step == STEP_WRITE)
		wait_for(connection, EV_WRITE);
	connection->running = false;
	if (step == STEP_CLOSE || connection->state == CONNECTION_BROKEN)
		connection_close(connection);
}

void connection_wake(struct connection *connection)
{
	if (!connection->running)
		event_active(&connection->io, EV_WRITE, 0);
}

static void on_ready(int fd, short what, void *context)
{
	struct connection *connection = context;

	(void)fd, (void)what;
	connection->work_in_turn = 0;
	if (connection->state == CONNECTION_HANDLER) /* what comes now waits for its turn */
		wait_for(connection, 0);
	else
		connection_run(connection);
}

/* -- deadlines -- */

void connection_end(struct connection *connection)
{
	connection->state = CONNECTION_END;
	connection_set_deadline(connection, LINGER_MS);
}

static bool is_inside_request(const struct connection *connection)
{
	return connection->state == CONNECTION_BODY ||
	       (connection->state == CONNECTION_HEAD && connection->request_started_us != 0);
}

static bool is_silent(const struct connection *connection)
{
	return !connection->stream.tls && connection->wakes_at == 0;
}

/* Octets that nobody read would turn the end into a reset. */
static void drop_half_hello(struct connection *connection)
{
	size_t dropped;

	if (!connection->stream.tls)
		(void)stream_discard(&connection->stream, SCRATCH_LEN, &dropped);
}

static void note_slow_handshake(struct connection *connection)
{
	if (connection->state != CONNECTION_HANDSHAKE || is_silent(connection))
		return;
	drop_half_hello(connection);
	counter_add(&connection->server->counters->handshakes_failed, 1);
	notice_client(connection, &(struct notice){ .level = LOG_LEVEL_INFO,
						    .event = "tls.failed",
						    .reason = reason_code(REASON_TIMEOUT),
						    .detail = "the handshake took too long" });
}

static void expire(struct connection *connection)
{
	if (is_inside_request(connection)) {
		connection_refuse(connection,
				  &(struct refusal){ 408, "the request took too long" });
		connection_run(connection);
	} else if (connection->state == CONNECTION_HEAD) {
		connection_end(connection);
		connection_run(connection);
	} else {
		note_slow_handshake(connection);
		connection_close(connection);
	}
}

static void on_timer(int fd, short what, void *context)
{
	struct connection *connection = context;
	uint64_t now = monotonic_ms();

	(void)fd, (void)what;
	connection->timer_ms = NO_DEADLINE;
	if (connection->state == CONNECTION_HANDLER)
		return; /* the answer sets the next deadline */
	if (connection->state == CONNECTION_FEED && connection->out.first.len == 0)
		return; /* nothing is owed; what is sent next sets a deadline */
	if (now >= connection->deadline_ms)
		expire(connection);
	else
		arm_timer(connection, connection->deadline_ms, now);
}

/* -- from and to the server -- */

enum connection_state connection_after_proxy(const struct connection *connection)
{
	return connection->is_tls ? CONNECTION_HANDSHAKE : CONNECTION_HEAD;
}

void connection_note_crowd(struct connection *connection)
{
	connection->is_crowded =
		connection->counted &&
		address_count_of(connection->server->per_address, &connection->peer) > CROWD_MIN;
	event_priority_set(&connection->io,
			   connection->is_crowded ? SERVER_PRIORITY_CROWD : SERVER_PRIORITY_NORMAL);
}

static uint32_t first_deadline(const struct http_limits *limits, enum connection_state state)
{
	return state == CONNECTION_PROXY && limits->handshake_ms > PROXY_MS ? PROXY_MS
									    : limits->handshake_ms;
}

static void follow_open(const struct http_server *server, int change)
{
	if (server->options.open)
		counter_add(server->options.open, (uint64_t)(int64_t)change);
}

void connection_open(struct http_server *server, const struct connection_origin *origin)
{
	struct connection *connection = calloc(1, sizeof *connection);
	bool is_proxied =
		origin->proxy_protocol || origin->forwarding.header != FORWARDED_HEADER_NONE;

	if (!connection) {
		close(origin->fd);
		if (!is_proxied)
			address_count_drop(server->per_address, &origin->peer);
		return;
	}
	connection->server = server;
	connection->stream.fd = origin->fd;
	connection->is_tls = origin->tls;
	connection->tcp_peer = connection->peer = origin->peer;
	connection->is_proxied = is_proxied;
	connection->forwarding = origin->forwarding;
	connection->counted = !is_proxied;
	connection->state =
		origin->proxy_protocol ? CONNECTION_PROXY : connection_after_proxy(connection);
	connection->is_idle = true;
	TAILQ_INSERT_TAIL(&server->idle, connection, link);
	server->open++;
	follow_open(server, 1);
	counter_add(&server->counters->accepted, 1);

	event_assign(&connection->io, server->options.base, origin->fd, EV_READ, on_ready,
		     connection);
	connection_note_crowd(connection);
	evtimer_assign(&connection->timer, server->options.base, on_timer, connection);
	connection->timer_ms = NO_DEADLINE;
	connection_set_deadline(connection,
				first_deadline(&server->options.limits, connection->state));
	wait_for(connection, EV_READ);
	if (connection->state == CONNECTION_BROKEN)
		connection_close(connection);
}

static void leave_server(struct connection *connection)
{
	struct http_server *server = connection->server;

	event_del(&connection->io);
	event_del(&connection->timer);
	TAILQ_REMOVE(connection->is_idle ? &server->idle : &server->busy, connection, link);
	if (connection->counted)
		address_count_drop(server->per_address, &connection->peer);
	server->open--;
	follow_open(server, -1);
	if (connection->exchange)
		server->held -= connection->exchange->body_octets.len;
	connection->server = NULL;
}

void connection_free(struct connection *connection)
{
	feed_gone(connection);
	stream_close(&connection->stream);
	buffer_wipe(&connection->in);
	outgoing_done(&connection->out);
	exchange_free(connection->exchange);
	free(connection);
}

void connection_close(struct connection *connection)
{
	leave_server(connection);
	if (connection->state != CONNECTION_HANDLER) {
		connection_free(connection);
		return;
	}
	/* the handler may still look at the client's certificates */
	close(connection->stream.fd);
	connection->stream.fd = -1;
}
