#include "http/exchange.h"

#include <string.h>

#include "base/secret.h"
#include "http/client.h"
#include "http/connection.h"
#include "http/server.h"

bool exchange_new(struct connection *connection, struct bytes head_text, struct http_exchange **ret)
{
	struct http_exchange *exchange = calloc(1, sizeof *exchange + head_text.len + 1);

	if (!exchange)
		return false;
	exchange->connection = connection;
	exchange->head_len = head_text.len;
	memcpy(exchange->head_text, head_text.data, head_text.len);
	*ret = exchange;
	return true;
}

static bool check_path(const struct http_exchange *exchange, struct refusal *refusal)
{
	return !exchange->head.target.has_encoded_slash ||
	       exchange->connection->server->options.takes_encoded_slashes ||
	       refuse(refusal, 404, "an encoded slash in the path");
}

bool exchange_parse(struct http_exchange *exchange, size_t body_max, struct refusal *refusal)
{
	if (!head_parse(exchange->head_text, &exchange->head, refusal) ||
	    !client_enter(exchange->connection, &exchange->head, refusal) ||
	    !check_path(exchange, refusal) ||
	    !framing_parse(&exchange->head, body_max, &exchange->framing, refusal))
		return false;
	exchange->body = body_begin(&exchange->framing, body_max);
	exchange->head_only = strcmp(exchange->head.method, "HEAD") == 0;
	if (exchange->head_only)
		exchange->head.method = "GET";
	return true;
}

void exchange_free(struct http_exchange *exchange)
{
	if (!exchange)
		return;
	if (exchange->connection->server)
		exchange->connection->server->held -= exchange->body_octets.len;
	memory_wipe(exchange->head_text, exchange->head_len);
	buffer_wipe(&exchange->body_octets);
	free(exchange);
}

/* -- what the handler sees -- */

const char *http_method(const struct http_exchange *exchange)
{
	return exchange->head.method;
}

const char *http_path(const struct http_exchange *exchange)
{
	return exchange->head.target.path;
}

const char *http_query(const struct http_exchange *exchange)
{
	return exchange->head.target.query;
}

const char *http_header(const struct http_exchange *exchange, const char *name)
{
	return head_field(&exchange->head, name);
}

struct bytes http_body(const struct http_exchange *exchange)
{
	return buffer_view(&exchange->body_octets);
}

const struct address *http_peer(const struct http_exchange *exchange)
{
	return &exchange->connection->peer;
}

bool http_peer_unknown(const struct http_exchange *exchange)
{
	return exchange->connection->peer_unknown;
}

const struct address *http_proxy(const struct http_exchange *exchange, const char **ret_means)
{
	const struct connection *connection = exchange->connection;
	bool by_field = connection->forwarding.header != FORWARDED_HEADER_NONE;

	if (!connection->is_proxied)
		return NULL;
	*ret_means = by_field ? forwarded_name(connection->forwarding.header) : "PROXY protocol";
	return &connection->tcp_peer;
}

const char *http_request_id(const struct http_exchange *exchange)
{
	return exchange->id;
}

uint64_t http_started_us(const struct http_exchange *exchange)
{
	return exchange->started_us;
}

const char *http_tls_version(const struct http_exchange *exchange)
{
	const struct tls_session *tls = exchange->connection->stream.tls;

	return tls ? tls_session_version(tls) : "";
}

size_t http_client_chain(const struct http_exchange *exchange, struct bytes *ret, size_t max)
{
	const struct connection *connection = exchange->connection;
	struct tls_session *tls = connection->stream.tls;
	bool is_the_proxys = connection->forwarding.header != FORWARDED_HEADER_NONE;

	return tls && !is_the_proxys ? tls_session_client_chain(tls, ret, max) : 0;
}

void http_channel_binding(const struct http_exchange *exchange, char tls_unique[65],
			  char tls_exporter[65])
{
	struct tls_session *tls = exchange->connection->stream.tls;

	tls_unique[0] = tls_exporter[0] = '\0';
	if (tls)
		tls_session_channel_binding(tls, tls_unique, tls_exporter);
}

void http_answer(struct http_exchange *exchange, const struct http_answer *answer)
{
	connection_answer(exchange->connection, exchange, answer);
}
