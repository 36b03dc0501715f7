#include "node/monitor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "ipc/ipc.h"
#include "metrics/expose.h"
#include "node/control.h"
#include "node/family.h"
#include "node/monitor_health.h"

#define ASK_MS 4000 /* two questions take less than who scrapes waits, which is 10 s mostly */
#define CONNECTIONS_MAX 256
#define CONNECTIONS_PER_ADDRESS 64 /* so that none keeps the others from looking */
#define BODY_MAX 4096
#define TEXT "text/plain; charset=utf-8"

struct monitor {
	const struct monitor_options *options;
	struct event_base *base;
	struct ipc_client *service, *supervisor;
	struct http_server *http;
};

/* -- answering -- */

static void send_text(struct http_exchange *exchange, unsigned int status, const char *media_type,
		      struct bytes text)
{
	const struct http_answer answer = {
		.status = status,
		.content_type = media_type,
		.headers = { { "Cache-Control", "no-store" },
			     { "X-Content-Type-Options", "nosniff" } },
		.body = text,
	};

	http_answer(exchange, &answer);
}

static void send_failure(struct http_exchange *exchange)
{
	send_text(exchange, 500, TEXT, BYTES_LITERAL("internal\n"));
}

/* Without a line there is nothing wrong. */
static void send_health(struct http_exchange *exchange, struct buffer *lines)
{
	if (!buffer_ok(lines))
		send_failure(exchange);
	else if (lines->len)
		send_text(exchange, 503, TEXT, buffer_view(lines));
	else
		send_text(exchange, 200, TEXT, BYTES_LITERAL("ok\n"));
}

/* -- asking the service -- */

struct question {
	struct monitor *monitor;
	struct http_exchange *exchange;
	enum exposition_format format; /* of metrics */
	bool is_ready, is_answered;    /* so far */
};

static void ask_health(struct monitor *monitor, struct http_exchange *exchange,
		       void (*done)(void *question, struct bytes reply, const struct error *err))
{
	struct question *question = calloc(1, sizeof *question);

	if (!question) {
		send_failure(exchange);
		return;
	}
	*question = (struct question){
		.monitor = monitor,
		.exchange = exchange,
		.format = exposition_choose(http_header(exchange, "Accept")),
	};
	ipc_call(monitor->service, IPC_HEALTH, (struct bytes){ 0 }, ASK_MS, done, question);
}

/* All that keeps the node from its work, as the service and the board know. False: memory is out.
 */
static bool list_ailments(const struct monitor *monitor, struct bytes reply,
			  const struct error *failure, struct buffer *to)
{
	const struct monitor_options *options = monitor->options;
	struct error err;

	health_of_life(options->board, options->service, to);
	if (!health_of_readiness(options->board, options->service, to, &err))
		return false;
	if (failure)
		buffer_printf(to, "%s: it does not answer\n", options->service);
	else
		buffer_append(to, reply);
	return buffer_ok(to);
}

/* -- /metrics -- */

static const struct metric ready = { "bestow_ready", METRIC_GAUGE, NULL,
				     "1 if the node can issue: what /readyz says." };
static const struct metric answers = {
	"bestow_service_answers", METRIC_GAUGE, NULL,
	"1 if the service answered for this reading; else what it alone knows is missing."
};

static void put_flag(const struct question *question, const struct metric *metric, bool value,
		     struct buffer *to)
{
	exposition_begin(question->format, metric, to);
	exposition_integer(metric, NULL, value, to);
}

/* What the service does not say is left out: a value from before would be a lie. */
static void send_metrics(const struct question *question, struct bytes of_service)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct error err;

	if (!expose_board(question->monitor->options->board, question->format, &text, &err)) {
		send_failure(question->exchange);
		return;
	}
	put_flag(question, &ready, question->is_ready, &text);
	put_flag(question, &answers, question->is_answered, &text);
	buffer_append(&text, of_service);
	exposition_end(question->format, &text);
	if (buffer_ok(&text))
		send_text(question->exchange, 200, exposition_media_type(question->format),
			  buffer_view(&text));
	else
		send_failure(question->exchange);
}

static void on_metrics(void *context, struct bytes reply, const struct error *failure)
{
	CLEANUP(freep) struct question *question = context;
	const struct bytes nothing = { 0 };

	question->is_answered = !failure;
	send_metrics(question, failure ? nothing : reply);
}

static void on_health_of_metrics(void *context, struct bytes reply, const struct error *failure)
{
	CLEANUP(freep) struct question *question = context;
	CLEANUP(buffer_done) struct buffer lines = { 0 };

	question->is_ready =
		list_ailments(question->monitor, reply, failure, &lines) && lines.len == 0;
	if (failure) {
		send_metrics(question, (struct bytes){ 0 });
		return;
	}
	const unsigned char format = (unsigned char)question->format;
	const struct monitor *monitor = question->monitor;
	ipc_call(monitor->service, IPC_METRICS, (struct bytes){ &format, sizeof format }, ASK_MS,
		 on_metrics, TAKE(question));
}

static void serve_metrics(struct monitor *monitor, struct http_exchange *exchange)
{
	ask_health(monitor, exchange, on_health_of_metrics);
}

/* -- /livez, /readyz, /startupz -- */

static void serve_life(struct monitor *monitor, struct http_exchange *exchange)
{
	CLEANUP(buffer_done) struct buffer lines = { 0 };

	health_of_life(monitor->options->board, monitor->options->service, &lines);
	send_health(exchange, &lines);
}

/* Once a node has served, whatever ails it is no matter of its start. */
static void serve_startup(struct monitor *monitor, struct http_exchange *exchange)
{
	CLEANUP(buffer_done) struct buffer lines = { 0 };

	health_of_start(monitor->options->board, &lines);
	send_health(exchange, &lines);
}

static void send_readiness(void *context, struct bytes reply, const struct error *failure)
{
	CLEANUP(freep) struct question *question = context;
	CLEANUP(buffer_done) struct buffer lines = { 0 };

	if (list_ailments(question->monitor, reply, failure, &lines))
		send_health(question->exchange, &lines);
	else
		send_failure(question->exchange);
}

static void serve_readiness(struct monitor *monitor, struct http_exchange *exchange)
{
	ask_health(monitor, exchange, send_readiness);
}

/* -- routes -- */

static const struct {
	const char *path;
	void (*serve)(struct monitor *monitor, struct http_exchange *exchange);
} routes[] = {
	{ "/metrics", serve_metrics },
	{ "/livez", serve_life },
	{ "/readyz", serve_readiness },
	{ "/startupz", serve_startup },
};

static void refuse_method(struct http_exchange *exchange)
{
	const struct http_answer answer = { .status = 405,
					    .content_type = TEXT,
					    .headers = { { "Allow", "GET, HEAD" } },
					    .body = BYTES_LITERAL("method_not_allowed\n") };

	http_answer(exchange, &answer);
}

static void handle(void *context, struct http_exchange *exchange)
{
	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		if (strcmp(routes[i].path, http_path(exchange)) != 0)
			continue;
		if (strcmp(http_method(exchange), "GET") == 0)
			routes[i].serve(context, exchange);
		else
			refuse_method(exchange);
		return;
	}
	send_text(exchange, 404, TEXT,
		  BYTES_LITERAL("not_found: there are /metrics, /livez, /readyz and /startupz\n"));
}

/* -- life -- */

static void on_service(void *context, enum ipc_kind kind, struct bytes payload, int descriptor)
{
	(void)context, (void)kind, (void)payload;
	fd_closep(&descriptor);
}

static void on_supervisor(void *context, enum ipc_kind kind, struct bytes payload, int descriptor)
{
	struct monitor *monitor = context;

	(void)payload;
	fd_closep(&descriptor);
	if (kind == IPC_RETIRE)
		(void)event_base_loopbreak(monitor->base);
}

static bool open_lines(struct monitor *monitor, struct error *err)
{
	const struct ipc_client_options service = {
		.base = monitor->base,
		.fd = monitor->options->line_fd,
		.context = monitor,
		.on_message = on_service,
	};
	const struct ipc_client_options supervisor = {
		.base = monitor->base,
		.fd = monitor->options->control_fd,
		.context = monitor,
		.on_message = on_supervisor,
	};

	return ipc_client_new(&service, &monitor->service, err) &&
	       ipc_client_new(&supervisor, &monitor->supervisor, err);
}

static bool listen_now(struct monitor *monitor, struct error *err)
{
	struct http_server_options server = { .base = monitor->base,
					      .limits = http_limits_default,
					      .handle = handle,
					      .context = monitor };

	server.limits.body_max = BODY_MAX;
	server.limits.connections_max = CONNECTIONS_MAX;
	server.limits.connections_per_address = CONNECTIONS_PER_ADDRESS;
	if (!http_server_new(&server, &monitor->http, err))
		return false;
	for (size_t i = 0; i < monitor->options->listener_count; i++)
		if (!http_server_listen(monitor->http, &monitor->options->listeners[i], err))
			return false;
	return true;
}

static bool start(struct monitor *monitor, struct error *err)
{
	monitor->base = event_base_new();
	if (!monitor->base)
		return error_set(err, REASON_NO_MEMORY, "event base");
	return listen_now(monitor, err) && open_lines(monitor, err) &&
	       lockdown_monitor(&monitor->options->lockdown, err);
}

static void stop(struct monitor *monitor)
{
	/* calls under way are answered while there is still somebody to answer */
	ipc_client_free(monitor->service);
	ipc_client_free(monitor->supervisor);
	http_server_free(monitor->http);
	if (monitor->base)
		event_base_free(monitor->base);
}

int monitor_main(const struct monitor_options *options)
{
	struct monitor monitor = { .options = options };
	int result = PROCESS_EXIT_DONE;
	struct error err;

	if (!start(&monitor, &err)) {
		result = control_refuse(options->control_fd, &err);
	} else {
		control_ready(options->control_fd);
		if (event_base_dispatch(monitor.base) != 0)
			result = PROCESS_EXIT_FAILED;
	}
	stop(&monitor);
	return result;
}

/* -- as a part of a program -- */

int monitor_run(struct family *family, const struct process *process, int control_fd)
{
	struct http_listener_options *listeners = NULL;
	size_t listener_count = 0;
	struct error err;

	if (!generation_listeners_of(process->generation, LISTENER_METRICS, &listeners,
				     &listener_count, &err))
		return control_refuse(control_fd, &err);
	const struct monitor_options options = {
		.listeners = listeners,
		.listener_count = listener_count,
		.line_fd = process->line[1],
		.control_fd = control_fd,
		.board = family->metrics,
		.service = family->program->parts[0].name,
		.lockdown = process->generation->lockdown,
	};

	int result = monitor_main(&options);
	free(listeners);
	return result;
}

bool monitor_must_restart(const struct generation *before, const struct generation *now)
{
	return !generation_shares(before, now, LISTENER_METRICS);
}

bool monitor_is_wanted(const struct generation *generation)
{
	return generation_has(generation, LISTENER_METRICS);
}
