#include "bestow-ra/upstream_process.h"

#include <netdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "bestow-ra/load.h"
#include "bestow-ra/upstream_watch.h"
#include "est_client/url.h"
#include "node/control.h"
#include "node/term.h"

#define DNS_PORT 53
#define OVERLOAD_RETRY_AFTER 5
#define FIRST_WORD_MS 3000 /* for the first answers of all upstreams */
#define LOOK_MS 200        /* how often the clock is looked at for what is due */
#define END_SECONDS 2      /* to wait for a question that is under way */
#define FAST_WORKERS 1     /* it hands on to those that may wait */

struct upstream_process {
	const struct upstream_process_options *options;
	struct loaded *loaded;
	struct upstream_watch *watch;
	struct ipc_server *server;
	pthread_mutex_t publishing; /* so that no edge gets an older snapshot after a newer */
	pthread_t refresher;
	atomic_bool is_ending;
	atomic_bool may_tell; /* edges that serve from before know more than we do at first */
};

static void complain(const char *event, const struct error *err)
{
	log_event(LOG_LEVEL_ERROR, event, "reason=%s detail=\"%s\"", reason_code(err->reason),
		  err->detail);
}

/* -- what the operator hears -- */

static void tell_refusal(void *context, const struct est_request *request,
			 const struct gate_caller *caller, const struct csr *csr,
			 const char *profile, const struct error *refusal)
{
	CLEANUP(buffer_done) struct buffer subject = { 0 };
	char peer[ADDRESS_TEXT_MAX], quoted[2 * ERROR_DETAIL_MAX], who[2 * ERROR_DETAIL_MAX],
		whom[2 * ERROR_DETAIL_MAX];

	(void)context;
	if (csr)
		name_to_text(csr_subject(csr), &subject);
	const char *text = buffer_cstring(&subject);
	log_event(LOG_LEVEL_WARNING, "ra.refused",
		  "request=%s profile=%s peer=%s op=%s caller=%s subject=%s reason=%s detail=%s",
		  request->request_id, profile, address_to_text(&request->peer, peer),
		  est_operation_text(request->operation), log_quote(caller->words, who, sizeof who),
		  log_quote(text ? text : "", whom, sizeof whom), reason_code(refusal->reason),
		  log_quote(refusal->detail, quoted, sizeof quoted));
}

static void tell_state(void *context, const char *profile, const struct error *failure)
{
	struct upstream_process *process = context;
	char quoted[2 * ERROR_DETAIL_MAX];

	upstream_watch_note(process->watch, profile, failure);
	if (!failure) {
		log_event(LOG_LEVEL_INFO, "upstream.ready", "profile=%s", profile);
		return;
	}
	log_event(LOG_LEVEL_ERROR, "upstream.lost", "profile=%s reason=%s detail=%s", profile,
		  reason_code(failure->reason), log_quote(failure->detail, quoted, sizeof quoted));
}

/* -- what edges know -- */

/* To one line or, where `line` is NULL, to every edge. */
static void publish(struct upstream_process *process, const size_t *line)
{
	CLEANUP(buffer_wipe) struct buffer snapshot = { 0 };
	struct error err = { 0 };

	if (!atomic_load(&process->may_tell))
		return;
	pthread_mutex_lock(&process->publishing);
	if (!upstream_snapshot(loaded_upstream(process->loaded), &snapshot, &err))
		complain("upstream.publish", &err);
	else if (line)
		ipc_server_send(process->server, *line, IPC_SNAPSHOT, buffer_view(&snapshot), true);
	else
		ipc_server_broadcast(process->server, IPC_ROLE_EDGE, IPC_SNAPSHOT,
				     buffer_view(&snapshot), true);
	pthread_mutex_unlock(&process->publishing);
}

static void on_line(void *context, size_t line, enum ipc_role role, const char *name)
{
	(void)name;
	if (role == IPC_ROLE_EDGE)
		publish(context, &line);
}

static void *refresh_until_end(void *context)
{
	const struct timespec moment = { .tv_nsec = LOOK_MS * 1000000L };
	struct upstream_process *process = context;
	uint64_t first_word_at = monotonic_ms() + FIRST_WORD_MS;

	while (!atomic_load(&process->is_ending)) {
		bool changed = false;
		bool asked = upstream_refresh(loaded_upstream(process->loaded), monotonic_ms(),
					      &changed);
		bool is_first = !atomic_load(&process->may_tell) &&
				(!asked || monotonic_ms() >= first_word_at);

		if (is_first)
			atomic_store(&process->may_tell, true);
		if (is_first || changed)
			publish(process, NULL);
		/* edges serve by what they were told, so it is now that the configuration counts */
		if (is_first)
			control_ready(process->options->control_fd);
		if (!asked)
			(void)nanosleep(&moment, NULL);
	}
	return NULL;
}

/* -- what is asked -- */

/* `payload` names a format of metrics; empty: how the proxy is. */
static void answer_monitor(struct upstream_process *process, struct bytes payload,
			   struct buffer *to)
{
	if (payload.len == 0)
		upstream_watch_health(process->watch, to);
	else if (payload.data[0] < EXPOSITION_FORMAT_COUNT)
		upstream_watch_metrics(process->watch, payload.data[0], to);
}

static enum ipc_answer on_message(void *context, enum ipc_kind kind, struct bytes payload,
				  struct ipc_turn turn, struct buffer *to)
{
	struct upstream_process *process = context;
	struct est_service *service = upstream_service(loaded_upstream(process->loaded));
	CLEANUP(est_reply_done) struct est_reply reply = { 0 };
	struct est_request request;
	struct error refusal = { 0 };

	if (kind == IPC_METRICS || kind == IPC_HEALTH)
		answer_monitor(process, payload, to);
	if (kind != IPC_EST)
		return IPC_ANSWER_NOW;
	if (!turn.may_block)
		return IPC_ASK_SLOWLY;
	bool answered = est_request_unpack(payload, &request, &refusal) &&
			service->ops->answer(service, &request, &reply, &refusal);
	est_reply_pack(&reply, answered ? NULL : &refusal, to);
	return IPC_ANSWER_NOW;
}

static void on_overload(void *context, enum ipc_kind kind, struct buffer *to)
{
	const struct est_reply nothing = { 0 };
	struct error busy = { 0 };

	(void)context;
	(void)!error_set_retry(&busy, REASON_BUSY, OVERLOAD_RETRY_AFTER,
			       "too many requests wait for the upstream");
	if (kind == IPC_EST)
		est_reply_pack(&nothing, &busy, to);
}

/* -- life -- */

static bool open_lines(struct upstream_process *process, struct error *err)
{
	const struct upstream_process_options *options = process->options;
	const struct ipc_server_options server = {
		.workers = FAST_WORKERS,
		.slow_workers = options->config->node.workers,
		.context = process,
		.on_message = on_message,
		.on_overload = on_overload,
		.on_line = on_line,
		.waits = &options->page->counters.queue_waits,
		.overloads = &options->page->counters.overloads,
	};

	if (!ipc_server_new(&server, &process->server, err))
		return false;
	for (size_t i = 0; i < options->line_count; i++)
		if (!ipc_server_add_line(process->server, options->lines[i].fd,
					 options->lines[i].role, options->lines[i].name, err))
			return false;
	return ipc_server_add_line(process->server, options->control_fd, IPC_ROLE_SUPERVISOR,
				   "supervisor", err);
}

/* What the resolver loads at its first use it could not load after the lockdown. */
static void open_resolver(void)
{
	struct addrinfo *found = NULL;

	if (getaddrinfo("localhost", "443", NULL, &found) == 0)
		freeaddrinfo(found);
	if (getaddrinfo("bestow.invalid", "443", NULL, &found) == 0)
		freeaddrinfo(found);
}

/* Those of the configured upstreams, and the resolver's, which goes over to TCP for long answers.
 */
static size_t collect_ports(const struct config *config, uint16_t ports[CONFIG_UPSTREAMS_MAX + 1])
{
	size_t count = 0;
	struct est_url url;

	ports[count++] = DNS_PORT;
	for (size_t i = 0; i < config->upstream_count; i++)
		if (est_url_parse(config->upstreams[i].url, &url, NULL))
			ports[count++] = (uint16_t)url.port;
	return count;
}

static bool lock(const struct upstream_process_options *options, struct error *err)
{
	uint16_t ports[CONFIG_UPSTREAMS_MAX + 1];
	struct lockdown_options lockdown = options->lockdown;

	lockdown.ports = ports;
	lockdown.port_count = collect_ports(options->config, ports);
	return lockdown_upstream(&lockdown, err);
}

static bool start(struct upstream_process *process, struct error *err)
{
	const struct upstream_process_options *options = process->options;
	const struct upstream_options upstream = { .via_name = options->via_name,
						   .tell_refusal = tell_refusal,
						   .tell_state = tell_state,
						   .context = process };

	if (!upstream_watch_new(options->config, &process->watch, err) ||
	    !load_upstream(options->config, &upstream, &process->loaded, err))
		return false;
	open_resolver();
	if (!lock(options, err) || !open_lines(process, err))
		return false;
	return pthread_create(&process->refresher, NULL, refresh_until_end, process) == 0 ||
	       error_set(err, REASON_NO_MEMORY, "thread");
}

static void on_term(void *context)
{
	struct upstream_process *process = context;

	atomic_store(&process->is_ending, true);
	ipc_server_stop(process->server);
}

/* An upstream that does not answer must not keep this process, nor may anything be freed that its
 * question still uses. */
static void end_refresher(struct upstream_process *process)
{
	struct timespec until;

	atomic_store(&process->is_ending, true);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += END_SECONDS;
	if (pthread_timedjoin_np(process->refresher, NULL, &until) != 0)
		_exit(PROCESS_EXIT_DONE);
}

static void serve(struct upstream_process *process)
{
	ipc_server_run(process->server);
	end_refresher(process);
}

int upstream_main(const struct upstream_process_options *options)
{
	struct upstream_process process = { .options = options };
	struct error err = { 0 };
	int result = PROCESS_EXIT_DONE;

	pthread_mutex_init(&process.publishing, NULL);
	/* before any thread starts, so that all of them leave it to the one that waits for it */
	term_block();
	if (!start(&process, &err) || !term_watch(on_term, &process, &err))
		return control_refuse(options->control_fd, &err);
	serve(&process);
	ipc_server_free(process.server);
	loaded_free(process.loaded);
	upstream_watch_free(process.watch);
	pthread_mutex_destroy(&process.publishing);
	return result;
}
