/* For whom a connection speaks while a request is in hand, where trusted proxies name the clients
 * in a field. It is one client's for that long: judged, logged and counted as his own. */
#pragma once

#include "http/connection.h"

/* On other connections nothing. False: this client has too many requests in hand already. */
MUST_CHECK bool client_enter(struct connection *connection, const struct head *head,
			     struct refusal *refusal);
/* The request is answered; the connection is the proxy's again. */
void client_leave(struct connection *connection);
