#include "bestowd/admin_http.h"

#include <string.h>

#include "api/api.h"
#include "api/asset.h"
#include "base/file.h"
#include "base/log.h"
#include "http/tls.h"
#include "model/snapshot.h"

#define PEM_MAX (256 * 1024)
#define ANSWER_TIMEOUT_MS 60000
#define BODY_MAX (2 * 1024 * 1024) /* a bundle of certificates, in base64 */
#define CONNECTIONS_MAX 1024
#define CONNECTIONS_PER_ADDRESS 128

struct admin_http {
	const struct admin_options *options;
	struct ipc_client *authority;
	struct http_server *server;
	struct api *api;
	bool has_own_identity, listening;
	struct buffer chain; /* PEM; empty: none yet */
	struct secret key;
	bool asks_certificate; /* some administrator signs in with one */
	struct buffer ca_names;
};

/* -- asking the authority -- */

struct question {
	void (*done)(void *call, struct bytes reply, const struct error *err);
	void *call;
};

static void answered(void *context, struct bytes reply, const struct error *err)
{
	struct question question = *(struct question *)context;

	free(context);
	question.done(question.call, reply, err);
}

static void ask(void *context, const struct api_request *request,
		void (*done)(void *call, struct bytes reply, const struct error *err), void *call)
{
	static const struct error no_memory = { .reason = REASON_NO_MEMORY };
	struct admin_http *http = context;
	CLEANUP(buffer_wipe) struct buffer message = { 0 };
	struct question *question = malloc(sizeof *question);

	if (question)
		api_request_pack(request, &message);
	if (!question || !buffer_ok(&message)) {
		free(question);
		done(call, (struct bytes){ 0 }, &no_memory);
		return;
	}
	*question = (struct question){ done, call };
	ipc_call(http->authority, IPC_API, buffer_view(&message), ANSWER_TIMEOUT_MS, answered,
		 question);
}

/* -- serving -- */

static void refuse(struct http_exchange *exchange)
{
	struct http_answer answer = { .status = 404,
				      .content_type = "text/plain; charset=utf-8",
				      .body = BYTES_LITERAL("not_found\n") };

	api_add_security_fields(&answer);
	http_answer(exchange, &answer);
}

static void handle(void *context, struct http_exchange *exchange)
{
	struct admin_http *http = context;

	if (!api_handle(http->api, exchange) && !asset_handle(exchange))
		refuse(exchange);
}

static bool listen_now(struct admin_http *http, struct error *err)
{
	for (size_t i = 0; i < http->options->listener_count; i++)
		if (!http_server_listen(http->server, &http->options->listeners[i], err))
			return false;
	http->listening = true;
	return true;
}

/* -- the identity -- */

/* With all that is known by now. */
static bool apply(struct admin_http *http, struct error *err)
{
	const struct tls_options options = { .chain_pem = buffer_view(&http->chain),
					     .key = secret_view(&http->key),
					     .allow_tls12 = true,
					     .ask_client_certificate = http->asks_certificate,
					     .client_ca_names = buffer_view(&http->ca_names) };
	CLEANUP(tls_context_unrefp) struct tls_context *tls = NULL;

	if (!tls_context_new(&options, &tls, err))
		return false;
	http_server_set_tls(http->server, tls);
	return http->listening || listen_now(http, err);
}

static bool load_identity(struct admin_http *http, struct error *err)
{
	if (!http->options->certificate_path || http->options->listener_count == 0)
		return true;
	http->has_own_identity = true;
	return file_load(http->options->certificate_path, PEM_MAX, &http->chain, err) &&
	       secret_load(http->options->private_key_path, PEM_MAX, &http->key, err) &&
	       apply(http, err);
}

static bool take_chain(struct admin_http *http, const struct snapshot *snapshot, struct error *err)
{
	buffer_clear(&http->chain);
	buffer_append(&http->chain, buffer_view(&snapshot->tls_chain));
	secret_done(&http->key);
	return secret_copy(secret_view(&snapshot->tls_key), &http->key, err) &&
	       (buffer_ok(&http->chain) || error_set(err, REASON_NO_MEMORY, "TLS chain"));
}

static bool take(struct admin_http *http, const struct snapshot *snapshot, struct error *err)
{
	http->asks_certificate = snapshot->asks_client_certificate;
	buffer_clear(&http->ca_names);
	buffer_append(&http->ca_names, buffer_view(&snapshot->client_ca_names));
	if (!buffer_ok(&http->ca_names))
		return error_set(err, REASON_NO_MEMORY, "client CAs");
	if (!http->has_own_identity && !take_chain(http, snapshot, err))
		return false;
	return http->chain.len == 0 || apply(http, err);
}

void admin_http_take(struct admin_http *http, const struct snapshot *snapshot)
{
	struct error err = { 0 };

	if (http->options->listener_count && !take(http, snapshot, &err))
		log_event(LOG_LEVEL_ERROR, "admin.tls", "detail=\"%s\"", err.detail);
}

/* -- life -- */

bool admin_http_new(const struct admin_options *options, struct event_base *base,
		    struct ipc_client *authority, struct admin_http **ret, struct error *err)
{
	CLEANUP(admin_http_freep) struct admin_http *http = calloc(1, sizeof *http);

	if (!http)
		return error_set(err, REASON_NO_MEMORY, "console");
	http->options = options;
	http->authority = authority;

	struct http_server_options server = {
		.base = base,
		.limits = http_limits_default,
		.handle = handle,
		.context = http,
		.counters = &options->page->counters.http[PAGE_ADMIN],
	};
	server.limits.body_max = BODY_MAX;
	server.limits.connections_max = CONNECTIONS_MAX;
	server.limits.connections_per_address = CONNECTIONS_PER_ADDRESS;
	const struct api_asker asker = { .ask = ask, .context = http };
	if (!api_new(&asker, &http->api, err) || !http_server_new(&server, &http->server, err) ||
	    !load_identity(http, err))
		return false;
	*ret = TAKE(http);
	return true;
}

void admin_http_free(struct admin_http *http)
{
	if (!http)
		return;
	http_server_free(http->server);
	api_free(http->api);
	buffer_done(&http->chain);
	secret_done(&http->key);
	buffer_done(&http->ca_names);
	free(http);
}
