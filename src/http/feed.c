#include "http/feed.h"

#include "base/clock.h"
#include "http/answer.h"
#include "http/connection.h"
#include "http/server.h"

/* What arrives meanwhile is not read as a request: the connection ends with the feed. */
#define IGNORED_MAX (64u * 1024)

static struct connection *connection_of(struct http_feed *feed)
{
	return (struct connection *)feed;
}

/* -- writing -- */

static bool append_piece(struct connection *connection, struct bytes piece)
{
	struct buffer *to = &connection->out.first;

	if (piece.len == 0)
		return true; /* an empty chunk would be the end */
	if (connection->feed.is_chunked)
		buffer_printf(to, "%zx\r\n", piece.len);
	buffer_append(to, piece);
	if (connection->feed.is_chunked)
		buffer_append_text(to, "\r\n");
	return buffer_ok(to);
}

static void on_tick(int fd, short what, void *context)
{
	struct connection *connection = context;

	(void)fd, (void)what;
	if (!connection->feed.has_ended)
		connection->feed.options.on_tick(connection->feed.options.context);
}

static bool start_ticking(struct connection *connection)
{
	uint32_t ms = connection->feed.options.tick_ms;
	const struct timeval every = { (time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000) };

	if (ms == 0)
		return true;
	event_assign(&connection->feed.tick, connection->server->options.base, -1, EV_PERSIST,
		     on_tick, connection);
	return event_add(&connection->feed.tick, &every) == 0;
}

struct http_feed *http_feed_begin(struct http_exchange *exchange, const struct http_answer *answer,
				  const struct http_feed_options *options)
{
	struct connection *connection = exchange->connection;
	bool is_chunked = !exchange->head.is_http10;

	if (!connection->server || exchange->head_only || !answer_is_sound(answer)) {
		http_answer(exchange, answer);
		return NULL;
	}
	connection->exchange = NULL;
	connection->feed = (struct feed){ .options = *options, .is_chunked = is_chunked };
	connection->state = CONNECTION_FEED;
	connection->ends_after_answer = true;
	answer_encode_feed_head(answer, clock_now(&clock_system), is_chunked,
				&connection->out.first);
	exchange_free(exchange);
	if (!append_piece(connection, answer->body) || !start_ticking(connection))
		connection->state = CONNECTION_BROKEN;
	connection_set_deadline(connection, connection->server->options.limits.answer_ms);
	/* not from here, lest it is gone before its owner has it */
	connection_wake(connection);
	return (struct http_feed *)connection;
}

bool http_feed_send(struct http_feed *feed, struct bytes piece)
{
	struct connection *connection = connection_of(feed);
	size_t queued = connection->out.first.len - connection->out.first_sent;

	if (queued > HTTP_FEED_QUEUE_MAX || !append_piece(connection, piece))
		return false;
	if (queued == 0)
		connection_set_deadline(connection, connection->server->options.limits.answer_ms);
	connection_wake(connection);
	return true;
}

void http_feed_end(struct http_feed *feed, bool is_whole)
{
	struct connection *connection = connection_of(feed);

	connection->feed.has_ended = true;
	if (connection->feed.options.tick_ms)
		event_del(&connection->feed.tick);
	if (!is_whole)
		connection->state = CONNECTION_BROKEN;
	else if (connection->feed.is_chunked)
		buffer_append_text(&connection->out.first, "0\r\n\r\n");
	connection_wake(connection);
}

/* -- the connection's step -- */

static enum step drained(struct connection *connection)
{
	outgoing_done(&connection->out);
	if (connection->feed.has_ended) {
		connection_end(connection);
		return STEP_NEXT;
	}
	connection->feed.options.on_drained(connection->feed.options.context);
	return connection->out.first.len || connection->feed.has_ended ? STEP_WRITE : STEP_READ;
}

/* Only to notice that the client has gone. */
static enum step ignore_input(struct connection *connection)
{
	size_t len = 0;

	enum stream_result result = stream_discard(&connection->stream, IGNORED_MAX, &len);

	if (result != STREAM_OK)
		return step_of_stream(result);
	connection->discarded += len;
	return connection->discarded < IGNORED_MAX ? STEP_READ : STEP_CLOSE;
}

enum step step_feed(struct connection *connection)
{
	if (connection->out.first.len == 0 && !connection->feed.has_ended)
		return ignore_input(connection);
	enum stream_result flushed = outgoing_flush(&connection->out, &connection->stream);

	return flushed == STREAM_OK ? drained(connection) : step_of_stream(flushed);
}

void feed_gone(struct connection *connection)
{
	struct feed feed = connection->feed;

	if (feed.options.tick_ms && event_initialized(&connection->feed.tick))
		event_del(&connection->feed.tick);
	connection->feed = (struct feed){ 0 };
	if (feed.options.on_gone && !feed.has_ended)
		feed.options.on_gone(feed.options.context);
}
