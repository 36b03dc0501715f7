/* The edge's parts: http reads strangers, est_server understands them, ipc asks the authority. */
#include "node/edge.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "node/control.h"
#include "est_server/est_server.h"
#include "http/tls.h"
#include "ipc/ipc.h"
#include "metrics/record.h"
#include "model/event.h"
#include "model/fetch.h"
#include "va/va.h"

#define PEM_MAX 65536
#define ANSWER_TIMEOUT_MS 30000
#define OCSP_TIMEOUT_MS 5000
#define DRAIN_LOOK_MS 100
#define CALLBACKS_A_TURN 16
#define CROWD 3 /* clients that ask */
#define CROWD_NAP_MS 2
#define LOWER_PRIORITIES 2

struct edge {
	struct est_asker asker; /* first: est_server calls it */
	const struct edge_options *options;
	struct event_base *base;
	struct http_server *http;
	struct http_server *va_http; /* plain, for relying parties */
	struct va *va;
	struct est_server *est;
	struct ipc_client *authority;
	struct ipc_client *supervisor;
	struct tls_context *tls; /* from files; NULL: from the snapshot */
	bool listening, va_listening, has_identity, ready_said;
	struct event *drain;
	uint64_t drain_until_ms; /* 0: however long it takes */
};

/* -- asking the authority -- */

struct question {
	void (*done)(void *context, const struct est_reply *reply, const struct error *refusal);
	void *context;
};

static void answered(void *context, struct bytes message, const struct error *failure)
{
	CLEANUP(freep) struct question *question = context;
	CLEANUP(est_reply_done) struct est_reply reply = { 0 };
	struct error refusal = { 0 };

	if (failure)
		question->done(question->context, NULL, failure);
	else if (!est_reply_unpack(message, &reply, &refusal))
		question->done(question->context, &reply, &refusal);
	else
		question->done(question->context, &reply, NULL);
}

static void ask(struct est_asker *asker, const struct est_request *request,
		void (*done)(void *context, const struct est_reply *reply,
			     const struct error *refusal),
		void *context)
{
	struct edge *edge = (struct edge *)asker;
	CLEANUP(buffer_wipe) struct buffer message = { 0 };
	struct question *question = malloc(sizeof *question);
	const struct error no_memory = { .reason = REASON_NO_MEMORY };

	if (question)
		est_request_pack(request, &message);
	if (!question || !buffer_ok(&message)) {
		free(question);
		done(context, NULL, &no_memory);
		return;
	}
	*question = (struct question){ done, context };
	ipc_call(edge->authority, IPC_EST, buffer_view(&message), ANSWER_TIMEOUT_MS, answered,
		 question);
}

static void ask_ocsp(void *context, struct bytes request,
		     void (*done)(void *question, struct bytes reply, const struct error *failure),
		     void *question)
{
	struct edge *edge = context;

	ipc_call(edge->authority, IPC_OCSP, request, OCSP_TIMEOUT_MS, done, question);
}

static void fetched(struct est_asker *asker, const struct fetch *fetch)
{
	struct edge *edge = (struct edge *)asker;
	CLEANUP(buffer_done) struct buffer message = { 0 };

	fetch_pack(fetch, &message);
	if (buffer_ok(&message))
		ipc_tell(edge->authority, IPC_FETCH, buffer_view(&message));
}

static void tell(struct est_asker *asker, const struct event *event)
{
	struct edge *edge = (struct edge *)asker;
	CLEANUP(buffer_done) struct buffer message = { 0 };

	event_pack(event, &message);
	if (buffer_ok(&message))
		ipc_tell(edge->authority, IPC_EVENT, buffer_view(&message));
}

/* -- what is counted -- */

static void answered_request(struct est_asker *asker, const struct est_outcome *outcome)
{
	record_request(((struct edge *)asker)->options->page, outcome);
}

static void answered_ocsp(void *context, bool was_kept, unsigned int status)
{
	record_ocsp(((struct edge *)context)->options->page, was_kept, status);
}

static void answered_fetch(void *context, const char *kind, unsigned int status)
{
	record_fetch(((struct edge *)context)->options->page, kind, status);
}

/* -- serving -- */

static void handle(void *context, struct http_exchange *exchange)
{
	est_server_handle(((struct edge *)context)->est, exchange);
}

static void handle_va(void *context, struct http_exchange *exchange)
{
	va_handle(((struct edge *)context)->va, exchange);
}

static bool admit(void *context, const struct address *peer)
{
	const struct edge *edge = context;

	return !edge->options->drop_unlisted || est_server_admits(edge->est, peer);
}

static bool listen_now(struct edge *edge, struct error *err)
{
	for (size_t i = 0; i < edge->options->listener_count; i++)
		if (edge->options->listeners[i].tls &&
		    !http_server_listen(edge->http, &edge->options->listeners[i], err))
			return false;
	edge->listening = true;
	return true;
}

/* Relying parties need neither a TLS identity nor an allowlist. */
static bool listen_for_va(struct edge *edge, struct error *err)
{
	for (size_t i = 0; i < edge->options->listener_count; i++)
		if (!edge->options->listeners[i].tls &&
		    !http_server_listen(edge->va_http, &edge->options->listeners[i], err))
			return false;
	edge->va_listening = true;
	return true;
}

static bool make_tls(const struct edge *edge, struct bytes chain, struct bytes key,
		     struct tls_context **ret, struct error *err)
{
	const struct tls_options options = {
		.chain_pem = chain,
		.key = key,
		.allow_tls12 = edge->options->allow_tls12,
		.ask_client_certificate = true,
	};

	return tls_context_new(&options, ret, err);
}

/* Who may do what is known; without an identity to show, clients are told so and are served
 * nothing. */
static void listen_if_not_yet(struct edge *edge)
{
	struct error err = { 0 };

	if (!edge->listening && !edge->drain && !listen_now(edge, &err))
		log_event(LOG_LEVEL_ERROR, "edge.listen", "detail=\"%s\"", err.detail);
	if (!edge->va_listening && !edge->drain && !listen_for_va(edge, &err))
		log_event(LOG_LEVEL_ERROR, "edge.listen", "detail=\"%s\"", err.detail);
	counter_set(&edge->options->page->gauges.listens, edge->listening && edge->has_identity);
	if (!edge->has_identity)
		log_event(LOG_LEVEL_WARNING, "edge.no_certificate",
			  "remedy=\"make one: bestowctl node certificate --ca CA --host NAME\"");
}

/* Nothing is accepted before there is a configuration to judge it by. */
static void use_snapshot(struct edge *edge, struct snapshot *snapshot)
{
	CLEANUP(tls_context_unrefp) struct tls_context *tls = NULL;
	struct error err = { 0 };

	if (edge->tls)
		tls = tls_context_ref(edge->tls);
	else if (snapshot->tls_chain.len && !make_tls(edge, buffer_view(&snapshot->tls_chain),
						      secret_view(&snapshot->tls_key), &tls, &err))
		log_event(LOG_LEVEL_ERROR, "edge.tls", "detail=\"%s\"", err.detail);
	if (tls)
		http_server_set_tls(edge->http, tls);
	edge->has_identity |= tls != NULL;
	est_server_set_snapshot(edge->est, snapshot);
	listen_if_not_yet(edge);
	if (!edge->ready_said)
		control_ready(edge->options->control_fd);
	edge->ready_said = true;
}

static void take_snapshot(struct edge *edge, int descriptor)
{
	struct snapshot *snapshot = NULL;
	struct bytes mapped = { 0 };
	struct error err = { 0 };

	if (!ipc_map_file(descriptor, &mapped, &err)) {
		log_event(LOG_LEVEL_ERROR, "edge.snapshot", "detail=\"%s\"", err.detail);
		return;
	}
	bool understood = snapshot_unpack(mapped, &snapshot, &err);
	ipc_unmap_file(mapped);
	if (understood)
		use_snapshot(edge, snapshot);
	else
		log_event(LOG_LEVEL_ERROR, "edge.snapshot", "detail=\"%s\"", err.detail);
}

static void take_publication(struct edge *edge, int descriptor)
{
	struct bytes mapped = { 0 };
	struct error err = { 0 };

	if (!ipc_map_file(descriptor, &mapped, &err) ||
	    !va_take(edge->va, mapped, ipc_unmap_file, &err))
		log_event(LOG_LEVEL_ERROR, "edge.publication", "detail=\"%s\"", err.detail);
}

static void on_authority(void *context, enum ipc_kind kind, struct bytes payload, int descriptor)
{
	CLEANUP(fd_closep) int owned = descriptor;

	(void)payload;
	if (kind == IPC_SNAPSHOT && owned >= 0)
		take_snapshot(context, owned);
	if (kind == IPC_PUBLICATION && owned >= 0)
		take_publication(context, owned);
}

static uint32_t awaited(void *context, uint32_t most)
{
	return http_server_awaited(((struct edge *)context)->http, most);
}

/* -- retiring -- */

static void look_if_drained(evutil_socket_t fd, short what, void *context)
{
	struct edge *edge = context;
	bool overdue = edge->drain_until_ms && monotonic_ms() >= edge->drain_until_ms;

	(void)fd, (void)what;
	uint32_t open =
		http_server_connections(edge->http) + http_server_connections(edge->va_http);

	if (open == 0 || overdue)
		event_base_loopbreak(edge->base);
}

static void retire(struct edge *edge, const struct control_retire *order)
{
	const struct timeval often = { .tv_usec = DRAIN_LOOK_MS * 1000 };

	counter_set(&edge->options->page->gauges.listens, 0);
	http_server_retire(edge->http, order->close_idle);
	http_server_retire(edge->va_http, order->close_idle);
	edge->drain_until_ms = order->drain_ms ? monotonic_ms() + order->drain_ms : 0;
	if (edge->drain)
		return;
	edge->drain = event_new(edge->base, -1, EV_PERSIST, look_if_drained, edge);
	if (!edge->drain || event_add(edge->drain, &often) != 0)
		event_base_loopbreak(edge->base);
}

static void on_supervisor(void *context, enum ipc_kind kind, struct bytes payload, int descriptor)
{
	CLEANUP(fd_closep) int owned = descriptor;
	struct control_retire order;

	(void)owned;
	if (kind == IPC_RETIRE && control_retire_unpack(payload, &order, NULL))
		retire(context, &order);
}

/* -- starting -- */

static bool load_identity(struct edge *edge, struct error *err)
{
	CLEANUP(buffer_done) struct buffer chain = { 0 };
	CLEANUP(secret_done) struct secret key = { 0 };

	if (!edge->options->certificate_path)
		return true;
	return file_load(edge->options->certificate_path, PEM_MAX, &chain, err) &&
	       secret_load(edge->options->private_key_path, PEM_MAX, &key, err) &&
	       make_tls(edge, buffer_view(&chain), secret_view(&key), &edge->tls, err);
}

static bool make_parts(struct edge *edge, struct error *err)
{
	const struct edge_options *options = edge->options;
	struct metrics_page *page = options->page;
	const struct http_server_options http = { .base = edge->base,
						  .limits = options->limits,
						  .handle = handle,
						  .admit = admit,
						  .context = edge,
						  .counters = &page->counters.http[PAGE_EST],
						  .open = &page->gauges.connections };
	const struct http_server_options va_http = {
		.base = edge->base,
		.limits = options->limits,
		.handle = handle_va,
		.context = edge,
		.takes_encoded_slashes = true,
		.counters = &page->counters.http[PAGE_VA],
		.open = &page->gauges.connections,
	};
	const struct va_options va = { .ask = ask_ocsp,
				       .context = edge,
				       .board = options->board,
				       .answered_ocsp = answered_ocsp,
				       .answered_fetch = answered_fetch };
	const struct est_server_options est = { .asker = &edge->asker,
						.base_path = options->base_path,
						.via_name = options->via_name };
	const struct ipc_client_options authority = { .base = edge->base,
						      .fd = options->line_fd,
						      .context = edge,
						      .on_message = on_authority,
						      .awaited = awaited };
	const struct ipc_client_options supervisor = { .base = edge->base,
						       .fd = options->control_fd,
						       .context = edge,
						       .on_message = on_supervisor };

	return est_server_new(&est, &edge->est, err) && http_server_new(&http, &edge->http, err) &&
	       va_new(&va, &edge->va, err) && http_server_new(&va_http, &edge->va_http, err) &&
	       ipc_client_new(&supervisor, &edge->supervisor, err) &&
	       ipc_client_new(&authority, &edge->authority, err);
}

/* After so much of a turn the loop looks again for what is more urgent: http gives crowds a lower
 * priority. */
static struct event_base *make_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	if (config && event_config_set_max_dispatch_interval(config, NULL, CALLBACKS_A_TURN,
							     LOWER_PRIORITIES) == 0)
		base = event_base_new_with_config(config);
	if (config)
		event_config_free(config);
	return base;
}

static bool start(struct edge *edge, struct error *err)
{
	change_board_only_read(edge->options->board);
	edge->asker = (struct est_asker){
		.ask = ask, .tell = tell, .fetched = fetched, .answered = answered_request
	};
	edge->base = make_base();
	if (!edge->base)
		return error_set(err, REASON_NO_MEMORY, "event base");
	return load_identity(edge, err) && make_parts(edge, err) &&
	       lockdown_edge(&edge->options->lockdown, err);
}

static void stop(struct edge *edge)
{
	if (edge->drain)
		event_free(edge->drain);
	/* the line first: what was asked is answered "busy" while there is still someone to answer
	 */
	ipc_client_free(edge->authority);
	ipc_client_free(edge->supervisor);
	http_server_free(edge->http);
	http_server_free(edge->va_http);
	va_free(edge->va);
	est_server_free(edge->est);
	tls_context_unref(edge->tls);
	if (edge->base)
		event_base_free(edge->base);
}

/* A turn of the loop costs most while it begins: others have had the caches. A client that is one
 * of many waits for the others anyway, so let them gather. */
static bool serve(struct edge *edge)
{
	const struct timespec nap = { .tv_nsec = CROWD_NAP_MS * 1000000L };
	int result;

	while ((result = event_base_loop(edge->base, EVLOOP_ONCE)) == 0 &&
	       !event_base_got_break(edge->base))
		if (http_server_asking(edge->http, CROWD) == CROWD)
			(void)nanosleep(&nap, NULL);
	return result == 0;
}

int edge_main(const struct edge_options *options)
{
	struct edge edge = { .options = options };
	struct error err = { 0 };
	int result = PROCESS_EXIT_DONE;

	if (!start(&edge, &err))
		result = control_refuse(options->control_fd, &err);
	else if (!serve(&edge))
		result = PROCESS_EXIT_FAILED;
	stop(&edge);
	return result;
}
