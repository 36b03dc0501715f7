/* How a connection answers: for its handler, or by itself. */
#include "http/connection.h"

#include <stdio.h>

#include "base/clock.h"
#include "http/answer.h"
#include "http/notice.h"
#include "http/server.h"
#include "http/status.h"

static enum answer_connection what_to_say(const struct connection *connection,
					  const struct http_exchange *exchange)
{
	if (connection->ends_after_answer)
		return ANSWER_CLOSE;
	return exchange->head.is_http10 ? ANSWER_KEEP_HTTP10 : ANSWER_KEEP;
}

static bool write_answer(struct connection *connection, const struct http_exchange *exchange,
			 const struct http_answer *answer)
{
	struct outgoing *out = &connection->out;
	bool has_body = !(exchange && exchange->head_only) && answer_may_have_body(answer->status);
	const struct answer_frame frame = {
		.now = clock_now(&clock_system),
		.connection = exchange ? what_to_say(connection, exchange) : ANSWER_CLOSE,
		.asked_http10 = exchange && exchange->head.is_http10,
	};

	out->release = answer->body_release;
	out->owner = answer->body_owner;
	answer_encode_head(answer, &frame, &out->first);
	if (!outgoing_set_body(out, has_body ? answer->body : (struct bytes){ 0 }))
		return false;
	return outgoing_flush(out, &connection->stream) != STREAM_FAILED && outgoing_keep(out);
}

static void begin_answer(struct connection *connection, const struct http_exchange *exchange,
			 const struct http_answer *answer)
{
	connection_set_deadline(connection, connection->server->options.limits.answer_ms);
	if (connection->ends_after_answer)
		stream_gather(&connection->stream);
	connection->state =
		write_answer(connection, exchange, answer) ? CONNECTION_ANSWER : CONNECTION_BROKEN;
}

static const struct http_answer unsound_answer = { .status = 500, .close = true };

void connection_answer(struct connection *connection, struct http_exchange *exchange,
		       const struct http_answer *answer)
{
	connection->exchange = NULL;
	if (!connection->server) { /* it ended meanwhile */
		if (answer->body_release)
			answer->body_release(answer->body_owner);
		exchange_free(exchange);
		connection->state = CONNECTION_BROKEN;
		connection_free(connection);
		return;
	}

	struct http_answer sound = *answer;
	if (!answer_is_sound(answer)) {
		sound = unsound_answer;
		sound.body_release = answer->body_release;
		sound.body_owner = answer->body_owner;
	}
	connection->client_ends = !exchange->framing.keep_alive;
	connection->ends_after_answer =
		connection->client_ends || sound.close || connection->server->closing;
	begin_answer(connection, exchange, &sound);
	exchange_free(exchange);
	if (!connection->running)
		connection_run(connection);
}

void connection_refuse(struct connection *connection, const struct refusal *refusal)
{
	CLEANUP(exchange_freep) struct http_exchange *exchange = TAKE(connection->exchange);
	char id[REQUEST_ID_LEN + 1], body[96];
	const char *code = reason_code(status_reason(refusal->status));

	server_new_id(connection->server, id);
	snprintf(body, sizeof body, "%s request=%s\n", code, id);
	struct http_answer answer = { .status = refusal->status,
				      .content_type = "text/plain; charset=utf-8",
				      .body = bytes_of_string(body),
				      .close = true };
	if (refusal->status == 405)
		answer.headers[0] = (struct http_header){ "Allow", "GET, HEAD, POST" };

	connection_set_idle(connection, false);
	counter_add(&connection->server->counters->refused[refusal->status - 400], 1);
	notice_client(connection, &(struct notice){ .level = LOG_LEVEL_INFO,
						    .event = "http.refused",
						    .reason = code,
						    .detail = refusal->why,
						    .status = refusal->status,
						    .request = id });
	connection->ends_after_answer = true;
	begin_answer(connection, exchange, &answer);
}
