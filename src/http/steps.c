/* What a connection does in each of its states. */
#include "http/connection.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/secret.h"
#include "http/client.h"
#include "http/notice.h"
#include "http/proxy.h"
#include "http/server.h"

/* A client that pipelines, or sends its octets one by one, must not hold up the others: after so
 * many reads and answers the rest waits for the socket to be writable, which is a turn of the loop.
 */
#define WORK_PER_TURN 32
#define LINGER_OCTETS_MAX (4u * 1024 * 1024)

static const struct refusal out_of_memory = { 503, "memory is out" };
static const struct refusal too_many_large = { 503, "too many large requests at once" };
static const struct refusal cut_short = { 400, "the request ended early" };

static enum step refused(struct connection *connection, const struct refusal *refusal)
{
	connection_refuse(connection, refusal);
	return STEP_NEXT;
}

static void await_request(struct connection *connection, uint32_t ms)
{
	connection->state = CONNECTION_HEAD;
	connection->scanned = 0;
	connection->empty_lines = 0;
	connection->request_started_us = 0;
	connection_set_idle(connection, true);
	connection_set_deadline(connection, ms);
}

/* -- PROXY header -- */

static enum step no_proxy_header(struct connection *connection, const char *why)
{
	counter_add(&connection->server->counters->turned_away, 1);
	notice_client(connection, &(struct notice){ .level = LOG_LEVEL_WARNING,
						    .event = "proxy.refused",
						    .reason = reason_code(REASON_NO_SOURCE),
						    .detail = why });
	return STEP_CLOSE;
}

/* From here on the client that was named counts, for the gate and for its share. */
static enum step take_proxy_header(struct connection *connection, const struct proxy_header *header)
{
	struct http_server *server = connection->server;

	buffer_done(&connection->in);
	connection->peer_unknown = !header->has_peer;
	if (header->has_peer) {
		if (!server_admit(server, &header->peer))
			return STEP_CLOSE;
		connection->peer = header->peer;
		connection->counted = true;
		connection_note_crowd(connection);
	}
	connection->state = connection_after_proxy(connection);
	connection_set_idle(connection, true);
	connection_set_deadline(connection, server->options.limits.handshake_ms);
	return STEP_READ;
}

/* What was looked at, and only that, is taken off the socket: the rest is TLS. */
static bool take_off(struct connection *connection, size_t len)
{
	return recv(connection->stream.fd, connection->server->scratch, len, 0) == (ssize_t)len;
}

enum step step_proxy(struct connection *connection)
{
	unsigned char *scratch = connection->server->scratch;
	struct proxy_header header;
	struct refusal refusal;
	size_t before = connection->in.len, len = 0;
	ssize_t got = recv(connection->stream.fd, scratch, PROXY_MAX, MSG_PEEK);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return STEP_READ;
	if (got <= 0)
		return STEP_CLOSE;
	connection_set_idle(connection, false);
	buffer_append(&connection->in, (struct bytes){ scratch, (size_t)got });
	if (!buffer_ok(&connection->in))
		return STEP_CLOSE;

	switch (proxy_parse(buffer_view(&connection->in), &header, &len, &refusal)) {
	case PARSE_DONE:
		return take_off(connection, len - before) ? take_proxy_header(connection, &header)
							  : STEP_CLOSE;
	case PARSE_MORE:
		return take_off(connection, (size_t)got) ? STEP_READ : STEP_CLOSE;
	case PARSE_REFUSED:
		break;
	}
	return no_proxy_header(connection, refusal.why);
}

/* -- TLS -- */

#define RECORD_HANDSHAKE 22
#define RECORD_HEADER 5
#define RECORD_MAX 16384 /* RFC 8446 5.1 */

/* How many octets must have come before TLS state is made: the record that holds the ClientHello.
 * What is no such record is OpenSSL's to refuse at once. */
static size_t hello_len(struct bytes seen)
{
	if (seen.data[0] != RECORD_HANDSHAKE)
		return seen.len;
	if (seen.len < RECORD_HEADER)
		return RECORD_HEADER;

	size_t len = (size_t)seen.data[3] << 8 | seen.data[4];
	if (len > RECORD_MAX)
		return seen.len;
	return RECORD_HEADER + len < SCRATCH_LEN ? RECORD_HEADER + len : SCRATCH_LEN;
}

/* The kernel wakes us when so much is there, when the client has ended, or when it must. */
static void wake_at(struct connection *connection, size_t octets)
{
	int mark = (int)octets;

	(void)setsockopt(connection->stream.fd, SOL_SOCKET, SO_RCVLOWAT, &mark, sizeof mark);
	connection->wakes_at = octets;
}

static bool begin_tls(struct connection *connection)
{
	struct error err;

	if (connection->wakes_at)
		wake_at(connection, 1);
	connection_set_idle(connection, false);
	return tls_session_new(connection->server->tls, connection->stream.fd,
			       &connection->stream.tls, &err);
}

/* The alert that tells the client why is under way: do not run it over with a reset. */
static enum step handshake_failed(struct connection *connection, const struct error *err)
{
	counter_add(&connection->server->counters->handshakes_failed, 1);
	notice_client(connection, &(struct notice){ .level = LOG_LEVEL_INFO,
						    .event = "tls.failed",
						    .reason = reason_code(err->reason),
						    .detail = err->detail });
	connection_end(connection);
	return STEP_NEXT;
}

/* A client that were left waiting would learn nothing. */
static enum step refuse_without_identity(struct connection *connection)
{
	/* RFC 8446 6.2: fatal, internal_error */
	static const unsigned char alert[] = { 21, 3, 3, 0, 2, 2, 80 };
	struct error err;

	(void)!error_set(&err, REASON_NO_SERVER_CERT, "the handshake was refused");
	(void)send(connection->stream.fd, alert, sizeof alert, MSG_NOSIGNAL);
	return handshake_failed(connection, &err);
}

/* Some 40 kB of TLS state are made for a client that has said hello, not for one that looks whether
 * the port is open, nor for one that spells its hello octet by octet (threat LD-01): until then the
 * kernel keeps what came. */
static enum step await_hello(struct connection *connection)
{
	unsigned char *scratch = connection->server->scratch;
	ssize_t got = recv(connection->stream.fd, scratch, SCRATCH_LEN, MSG_PEEK);

	if (got <= 0)
		return STEP_CLOSE;
	if (!connection->server->tls)
		return refuse_without_identity(connection);

	size_t wanted = hello_len((struct bytes){ scratch, (size_t)got });
	/* woken below the mark: the client has ended, or the kernel has no room for more pieces */
	if ((size_t)got >= wanted || connection->wakes_at == wanted)
		return begin_tls(connection) ? STEP_NEXT : STEP_CLOSE;
	wake_at(connection, wanted);
	return STEP_READ;
}

enum step step_handshake(struct connection *connection)
{
	const struct http_limits *limits = &connection->server->options.limits;
	struct error err;

	if (!connection->stream.tls)
		return await_hello(connection);
	switch (tls_session_handshake(connection->stream.tls, &err)) {
	case STREAM_OK:
		counter_add(&connection->server->counters->handshakes_ok, 1);
		await_request(connection, limits->request_ms < limits->idle_ms ? limits->request_ms
									       : limits->idle_ms);
		return STEP_NEXT;
	case STREAM_WANT_READ:
		return STEP_READ;
	case STREAM_WANT_WRITE:
		return STEP_WRITE;
	case STREAM_ENDED:
	case STREAM_FAILED:
		break;
	}
	return handshake_failed(connection, &err);
}

/* -- reading a request -- */

static void drop_used(struct connection *connection, size_t len)
{
	if (len == connection->in.len)
		buffer_wipe(&connection->in);
	else
		buffer_consume(&connection->in, len);
}

static enum step ended(struct connection *connection)
{
	if (connection->request_started_us != 0)
		return refused(connection, &cut_short);
	connection_end(connection);
	return STEP_NEXT;
}

static enum step next_or_yield(struct connection *connection)
{
	return ++connection->work_in_turn < WORK_PER_TURN ? STEP_NEXT : STEP_WRITE;
}

static enum step take_octets(struct connection *connection, size_t len)
{
	unsigned char *scratch = connection->server->scratch;

	buffer_append(&connection->in, (struct bytes){ scratch, len });
	memory_wipe(scratch, len);
	return buffer_ok(&connection->in) ? next_or_yield(connection)
					  : refused(connection, &out_of_memory);
}

static enum step read_more(struct connection *connection)
{
	size_t len = 0;

	enum stream_result result =
		stream_read(&connection->stream, connection->server->scratch, SCRATCH_LEN, &len);

	if (result == STREAM_OK)
		return take_octets(connection, len);
	return result == STREAM_ENDED ? ended(connection) : step_of_stream(result);
}

static void begin_request(struct connection *connection)
{
	if (connection->request_started_us != 0)
		return;
	connection->request_started_us = monotonic_us();
	connection_set_idle(connection, false);
	connection_set_deadline(connection, connection->server->options.limits.request_ms);
}

static enum step take_head(struct connection *connection, size_t len)
{
	struct bytes text = { connection->in.data, len };
	struct refusal refusal;

	if (!exchange_new(connection, text, &connection->exchange))
		return refused(connection, &out_of_memory);
	drop_used(connection, len);
	connection->exchange->started_us = connection->request_started_us;
	if (!exchange_parse(connection->exchange, connection->server->options.limits.body_max,
			    &refusal))
		return refused(connection, &refusal);
	connection->state = CONNECTION_BODY;
	return STEP_NEXT;
}

static enum step read_head(struct connection *connection)
{
	struct refusal refusal;
	size_t len = 0;

	begin_request(connection);
	switch (head_scan(buffer_view(&connection->in), connection->server->options.limits.head_max,
			  &connection->scanned, &len, &refusal)) {
	case PARSE_DONE:
		return take_head(connection, len);
	case PARSE_MORE:
		return read_more(connection);
	case PARSE_REFUSED:
		break;
	}
	return refused(connection, &refusal);
}

enum step step_head(struct connection *connection)
{
	struct bytes text = buffer_view(&connection->in);
	struct refusal refusal;
	enum parse begins = head_skip_empty_lines(&text, &connection->empty_lines, &refusal);

	drop_used(connection, connection->in.len - text.len);
	switch (begins) {
	case PARSE_DONE:
		return read_head(connection);
	case PARSE_MORE:
		return read_more(connection);
	case PARSE_REFUSED:
		break;
	}
	return refused(connection, &refusal);
}

/* RFC 9110 10.1.1: a client that waits for us has sent nothing of its body yet. */
static bool waits_for_continue(const struct connection *connection)
{
	return connection->exchange->framing.expects_continue && connection->in.len == 0 &&
	       connection->exchange->body.taken == 0;
}

static enum step say_continue(struct connection *connection)
{
	connection->exchange->framing.expects_continue = false;
	buffer_append_text(&connection->out.first, "HTTP/1.1 100 Continue\r\n\r\n");
	if (!buffer_ok(&connection->out.first))
		return STEP_CLOSE;
	connection->state = CONNECTION_CONTINUE;
	return STEP_NEXT;
}

#define SMALL_BODY 65536

/* Nobody has said yet who it is, and many large bodies at once would be all the memory there is. */
static bool may_grow(const struct connection *connection)
{
	return connection->exchange->body_octets.len <= SMALL_BODY ||
	       connection->server->held <= connection->server->options.limits.large_max;
}

enum step step_body(struct connection *connection)
{
	struct http_exchange *exchange = connection->exchange;
	struct refusal refusal = out_of_memory;
	size_t used, before = exchange->body_octets.len;
	enum parse result = body_take(&exchange->body, buffer_view(&connection->in), &used,
				      &exchange->body_octets, &refusal);

	connection->server->held += exchange->body_octets.len - before;
	drop_used(connection, used);
	if (result == PARSE_REFUSED || !buffer_ok(&exchange->body_octets))
		return refused(connection, &refusal);
	if (!may_grow(connection))
		return refused(connection, &too_many_large);
	if (result == PARSE_DONE) {
		connection->state = CONNECTION_HANDLER;
		return STEP_NEXT;
	}
	return waits_for_continue(connection) ? say_continue(connection) : read_more(connection);
}

enum step step_continue(struct connection *connection)
{
	enum stream_result flushed = outgoing_flush(&connection->out, &connection->stream);

	if (flushed != STREAM_OK)
		return step_of_stream(flushed);
	outgoing_done(&connection->out);
	connection->state = CONNECTION_BODY;
	return STEP_NEXT;
}

/* -- answering -- */

enum step step_handler(struct connection *connection)
{
	struct http_server *server = connection->server;
	struct http_exchange *exchange = TAKE(connection->exchange);

	server_new_id(server, exchange->id);
	counter_add(&server->counters->requests, 1);
	server->options.handle(server->options.context, exchange);
	return connection->state == CONNECTION_HANDLER ? STEP_PAUSE : STEP_NEXT;
}

static enum step answered(struct connection *connection)
{
	outgoing_done(&connection->out);
	if (connection->ends_after_answer) {
		connection_end(connection);
		return STEP_NEXT;
	}
	client_leave(connection);
	await_request(connection, connection->server->options.limits.idle_ms);
	return next_or_yield(connection);
}

enum step step_answer(struct connection *connection)
{
	enum stream_result flushed = outgoing_flush(&connection->out, &connection->stream);

	return flushed == STREAM_OK ? answered(connection) : step_of_stream(flushed);
}

/* -- ending -- */

/* A client that asked for the end sends nothing more; unless it did all the same. */
static bool may_close_at_once(struct connection *connection)
{
	size_t len;

	return connection->client_ends && connection->in.len == 0 &&
	       stream_discard(&connection->stream, 1, &len) == STREAM_WANT_READ;
}

static enum step linger(struct connection *connection)
{
	if (!stream_end(&connection->stream))
		return STEP_CLOSE;
	buffer_wipe(&connection->in);
	connection->state = CONNECTION_LINGER;
	connection_set_idle(connection, true);
	return STEP_NEXT;
}

enum step step_end(struct connection *connection)
{
	if (stream_say_goodbye(&connection->stream) == STREAM_WANT_WRITE)
		return STEP_WRITE;
	return may_close_at_once(connection) ? STEP_CLOSE : linger(connection);
}

/* Closing a socket while octets arrive sends a reset, which can overtake the answer in the client's
 * kernel: so wait for the client to go, within bounds. */
enum step step_linger(struct connection *connection)
{
	size_t len = 0;

	switch (stream_discard(&connection->stream, LINGER_OCTETS_MAX, &len)) {
	case STREAM_OK:
		connection->discarded += len;
		return connection->discarded < LINGER_OCTETS_MAX ? STEP_NEXT : STEP_CLOSE;
	case STREAM_WANT_READ:
		return STEP_READ;
	case STREAM_WANT_WRITE:
	case STREAM_ENDED:
	case STREAM_FAILED:
		break;
	}
	return STEP_CLOSE;
}

enum step step_broken(struct connection *connection)
{
	(void)connection;
	return STEP_CLOSE;
}
