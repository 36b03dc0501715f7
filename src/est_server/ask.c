/* From an exchange to a question for the authority, and from its answer back. */
#include "est_server/exchange.h"

#include <string.h>

/* Half a chain would be another chain, so one that is too long is none to ask about. */
static bool take_client_chain(const struct est_exchange *e, struct est_request *ret,
			      struct error *err)
{
	size_t sent = http_client_chain(e->http, ret->client_chain, CLIENT_CHAIN_MAX);

	if (sent > CLIENT_CHAIN_MAX)
		return error_set(err, REASON_CLIENT_CERT_INVALID,
				 "%zu certificates from the client; the most is %d", sent,
				 CLIENT_CHAIN_MAX);
	ret->client_chain_count = sent;
	return true;
}

static bool fill_request(const struct est_exchange *e, struct bytes body, bool claims_binding,
			 struct est_request *ret, struct error *err)
{
	const char *authorization = http_header(e->http, "Authorization");

	*ret = (struct est_request){
		.operation = e->path.operation,
		.profile_id = e->profile->id,
		.peer = *http_peer(e->http),
		.csr = body,
		.has_authorization = authorization != NULL,
		.authorization = bytes_of_string(authorization),
		.binding.proxied = e->server->options.tls_proxied,
	};
	memcpy(ret->via, e->via, sizeof ret->via);
	memcpy(ret->request_id, http_request_id(e->http), REQUEST_ID_LEN);
	strncpy(ret->tls_version, http_tls_version(e->http), sizeof ret->tls_version - 1);
	/* deriving them costs, and few claim them */
	if (claims_binding)
		http_channel_binding(e->http, ret->binding.tls_unique, ret->binding.tls_exporter);
	return take_client_chain(e, ret, err);
}

static void answered(void *context, const struct est_reply *reply, const struct error *refusal)
{
	struct est_exchange *e = context;

	if (refusal)
		reply_refusal(e, refusal, reply && reply->authenticated);
	else
		reply_success(e, reply);
	free(e);
}

void exchange_ask(struct est_exchange *exchange, struct bytes body, bool claims_binding)
{
	struct est_request request;
	struct error refusal = { 0 };

	if (!fill_request(exchange, body, claims_binding, &request, &refusal)) {
		exchange_refuse(exchange, &refusal, &refusal);
		return;
	}

	struct est_exchange *kept = malloc(sizeof *kept);
	if (!kept) {
		(void)!error_set(&refusal, REASON_NO_MEMORY, "exchange");
		reply_refusal(exchange, &refusal, false);
		return;
	}
	*kept = *exchange;
	/* the snapshot may be replaced before the answer comes */
	kept->profile = NULL;
	exchange->server->options.asker->ask(exchange->server->options.asker, &request, answered,
					     kept);
}
