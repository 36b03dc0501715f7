#include "http/client.h"

#include "http/server.h"

/* A proxy mixes its clients on kept connections, so the cap per address cannot be asked when one is
 * accepted: a request counts as its client's connection instead. */
static bool count(struct connection *connection, struct refusal *refusal)
{
	struct http_server *server = connection->server;

	if (!address_count_add(server->per_address, &connection->peer,
			       server->options.limits.connections_per_address))
		return refuse(refusal, 429, "too many requests at once for one address");
	connection->counted = true;
	connection_note_crowd(connection);
	return true;
}

bool client_enter(struct connection *connection, const struct head *head, struct refusal *refusal)
{
	if (connection->forwarding.header == FORWARDED_HEADER_NONE)
		return true;
	connection->peer_unknown =
		!forwarded_client(&connection->forwarding, head, &connection->peer);
	return connection->peer_unknown || count(connection, refusal);
}

void client_leave(struct connection *connection)
{
	if (connection->forwarding.header == FORWARDED_HEADER_NONE)
		return;
	if (connection->counted)
		address_count_drop(connection->server->per_address, &connection->peer);
	connection->counted = false;
	connection->peer = connection->tcp_peer;
	connection->peer_unknown = false;
	connection_note_crowd(connection);
}
