#include "node/supervisor.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "node/control.h"
#include "node/listen.h"
#include "node/reload.h"
#include "node/standing.h"

#define DRAIN_MS 10000
#define GRACE_MS 1000 /* from the drain's end to SIGKILL */
#define SAME_WISH_MS 100
#define END_MS 10000 /* the service finishes what it holds */

/* -- ending -- */

/* Processes that wait to be started again need not be any more. */
static void forget_waiting(struct supervisor *supervisor)
{
	struct family *family = &supervisor->family;

	for (size_t i = family->count; i > 0; i--)
		if (!family->members[i - 1]->pid)
			family_remove(family, family->members[i - 1]);
}

static void end_rest(struct supervisor *supervisor)
{
	supervisor->phase = PHASE_ENDING;
	supervisor->deadline = monotonic_ms() + END_MS;
	forget_waiting(supervisor);
	family_signal(&supervisor->family, SIGTERM);
}

static void fail(struct supervisor *supervisor, const char *process, const char *detail)
{
	char quoted[QUOTED_MAX];

	log_event(LOG_LEVEL_ERROR, "node.start_failed", "child=%s detail=%s", process,
		  log_quote(detail, quoted, sizeof quoted));
	notify_send(&supervisor->notify, "STOPPING=1\nSTATUS=cannot start: %s: %s", process,
		    detail);
	supervisor->status = EXIT_FAILURE;
	end_rest(supervisor);
}

static void drain(struct supervisor *supervisor)
{
	static const struct control_retire order = { .close_idle = true, .drain_ms = DRAIN_MS };
	struct family *family = &supervisor->family;

	log_event(LOG_LEVEL_INFO, "node.stopping", "drain_ms=%d", DRAIN_MS);
	notify_send(&supervisor->notify, "STOPPING=1\nSTATUS=draining");
	supervisor->phase = PHASE_DRAINING;
	supervisor->deadline = monotonic_ms() + DRAIN_MS + GRACE_MS;
	forget_waiting(supervisor);
	for (size_t i = 0; i < family->count; i++)
		if (family->members[i]->kind == PROCESS_EDGE)
			process_retire(family->members[i], &order);
}

static void end_now(struct supervisor *supervisor)
{
	log_event(LOG_LEVEL_WARNING, "node.killed", "detail=\"told to end twice\"");
	supervisor->status = EXIT_FAILURE;
	supervisor->phase = PHASE_ENDING;
	supervisor->deadline = 0;
	family_signal(&supervisor->family, SIGKILL);
}

/* -- starting and starting again -- */

static void start_or_wait(struct supervisor *supervisor, struct process *process)
{
	struct error err;

	if (family_start(&supervisor->family, process, &err))
		return;
	log_event(LOG_LEVEL_ERROR, "node.fork_failed", "child=%s detail=\"%s\"", process->name,
		  err.detail);
	process_ended(process);
	if (supervisor->phase == PHASE_STARTING)
		fail(supervisor, process->name, err.detail);
}

static void start_due(struct supervisor *supervisor)
{
	struct family *family = &supervisor->family;
	uint64_t now = monotonic_ms();

	for (size_t i = 0; i < family->count && supervisor->phase <= PHASE_SERVING; i++)
		if (!family->members[i]->pid && family->members[i]->start_at <= now)
			start_or_wait(supervisor, family->members[i]);
}

void supervisor_tell_serving(const struct supervisor *supervisor, const char *event)
{
	CLEANUP(buffer_done) struct buffer addresses = { 0 };

	generation_print_addresses(supervisor->current, &addresses);
	const char *text = buffer_cstring(&addresses);
	log_event(LOG_LEVEL_INFO, event,
		  "pid=%d version=%s listeners=\"%s\" edges=%u config=\"%s\"", getpid(),
		  BESTOW_VERSION, text ? text : "?", supervisor->current->edges,
		  supervisor->config_path);
	notify_send(&supervisor->notify, "READY=1\nSTATUS=serving on %s, %u edges",
		    text ? text : "?", supervisor->current->edges);
}

static void free_unused_generations(struct supervisor *supervisor)
{
	size_t kept = 0;

	for (size_t i = 0; i < supervisor->generation_count; i++) {
		struct generation *generation = supervisor->generations[i];
		bool used = i == 0 || generation == supervisor->current ||
			    generation == supervisor->coming ||
			    family_uses(&supervisor->family, generation);
		if (used)
			supervisor->generations[kept++] = generation;
		else
			generation_free(generation);
	}
	supervisor->generation_count = kept;
}

/* -- children that end -- */

static const char *describe_end(const struct process *process, int how, char *into, size_t size)
{
	if (process->refusal[0])
		snprintf(into, size, "%s", process->refusal);
	else if (WIFSIGNALED(how))
		snprintf(into, size, "signal %d (%s)", WTERMSIG(how), strsignal(WTERMSIG(how)));
	else
		snprintf(into, size, "exit status %d", WEXITSTATUS(how));
	return into;
}

/* Retired, or ended by our own SIGTERM, which few processes catch. */
static bool ended_as_told(int how)
{
	return how == 0 || (WIFSIGNALED(how) && WTERMSIG(how) == SIGTERM);
}

static void on_end(struct supervisor *supervisor, struct process *process, int how)
{
	char detail[ERROR_DETAIL_MAX], quoted[QUOTED_MAX];

	/* what it said last may still wait */
	(void)process_listen(process);
	describe_end(process, how, detail, sizeof detail);
	standing_note_end(supervisor, process,
			  process->retiring || process->restarting ||
				  supervisor->phase >= PHASE_DRAINING);
	if (process->retiring || supervisor->phase >= PHASE_DRAINING) {
		log_event(ended_as_told(how) ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING, "process.ended",
			  "child=%s detail=%s", process->name,
			  log_quote(detail, quoted, sizeof quoted));
		family_remove(&supervisor->family, process);
		return;
	}
	bool was_told = process->restarting;
	process_ended(process);
	if (supervisor->phase == PHASE_STARTING)
		fail(supervisor, process->name, detail);
	else if (was_told)
		log_event(LOG_LEVEL_INFO, "process.restarting", "child=%s", process->name);
	else if (process->generation == supervisor->coming)
		reload_abandon(supervisor, detail);
	else
		log_event(LOG_LEVEL_ERROR, "process.died", "child=%s failures=%u detail=%s",
			  process->name, process->failures,
			  log_quote(detail, quoted, sizeof quoted));
}

static void reap(struct supervisor *supervisor)
{
	int how = 0;

	for (;;) {
		pid_t pid = waitpid(-1, &how, WNOHANG);
		if (pid <= 0)
			return;
		struct process *process = family_find(&supervisor->family, pid);
		if (process)
			on_end(supervisor, process, how);
	}
}

/* -- the loop -- */

/* timeout(1) and some service managers signal the process and then its group: that is one wish. */
static void on_terminate(struct supervisor *supervisor)
{
	uint64_t now = monotonic_ms();
	bool repeated = now - supervisor->terminated_at < SAME_WISH_MS;

	supervisor->terminated_at = now;
	if (supervisor->phase < PHASE_DRAINING)
		drain(supervisor);
	else if (!repeated)
		end_now(supervisor);
}

static void take_signals(struct supervisor *supervisor)
{
	struct signalfd_siginfo info;

	while (read(supervisor->signal_fd, &info, sizeof info) == sizeof info) {
		switch (info.ssi_signo) {
		case SIGHUP:
			supervisor->reload_wanted = true;
			break;
		case SIGTERM:
		case SIGINT:
			on_terminate(supervisor);
			break;
		case SIGCHLD:
			reap(supervisor);
			break;
		}
	}
}

/* One that serves complains of a line that it was brought; it goes on with those it has. */
static void take_complaint(struct process *process)
{
	char quoted[QUOTED_MAX];

	if (!process->ready || !process->refusal[0])
		return;
	log_event(LOG_LEVEL_ERROR, "process.complains", "child=%s detail=%s", process->name,
		  log_quote(process->refusal, quoted, sizeof quoted));
	process->refusal[0] = '\0';
}

static void listen_to_children(struct supervisor *supervisor)
{
	for (size_t i = 0; i < supervisor->family.count; i++) {
		struct process *member = supervisor->family.members[i];
		if (process_listen(member))
			log_event(LOG_LEVEL_INFO, "process.ready", "child=%s pid=%d", member->name,
				  member->pid);
		take_complaint(member);
	}
}

/* What one step makes possible the next does in the same turn: no event may follow to wake it. */
static void advance_serving(struct supervisor *supervisor)
{
	if (supervisor->coming)
		reload_advance(supervisor);
	if (supervisor->coming)
		return;
	if (supervisor->reload_wanted)
		reload_begin(supervisor);
	else if (supervisor->settling)
		reload_settle(supervisor);
}

static void advance_starting(struct supervisor *supervisor)
{
	if (!family_all_ready(&supervisor->family, NULL))
		return;
	supervisor->phase = PHASE_SERVING;
	supervisor_tell_serving(supervisor, "node.ready");
	advance_serving(supervisor);
}

/* Past the deadline, whoever still runs is killed; reaping does the rest. */
static void advance_end(struct supervisor *supervisor)
{
	bool overdue = supervisor->deadline && monotonic_ms() >= supervisor->deadline;

	if (supervisor->phase == PHASE_DRAINING && !family_has_edges(&supervisor->family))
		end_rest(supervisor);
	else if (overdue && supervisor->phase == PHASE_DRAINING)
		for (size_t i = 0; i < supervisor->family.count; i++) {
			const struct process *member = supervisor->family.members[i];
			if (member->kind == PROCESS_EDGE)
				process_signal(member, SIGKILL);
		}
	else if (overdue)
		family_signal(&supervisor->family, SIGKILL);
	if (overdue)
		supervisor->deadline = monotonic_ms() + GRACE_MS;
}

static void advance(struct supervisor *supervisor)
{
	switch (supervisor->phase) {
	case PHASE_STARTING:
		advance_starting(supervisor);
		return;
	case PHASE_SERVING:
		advance_serving(supervisor);
		return;
	case PHASE_DRAINING:
	case PHASE_ENDING:
		advance_end(supervisor);
		return;
	}
}

/* systemd counts from READY=1 on; what it is told before that would only fill its socket. */
static bool is_watched(const struct supervisor *supervisor)
{
	return supervisor->notify.watchdog_ms && supervisor->phase != PHASE_STARTING;
}

static void watch_dog(struct supervisor *supervisor)
{
	if (!is_watched(supervisor) || monotonic_ms() < supervisor->watchdog_at)
		return;
	notify_send(&supervisor->notify, "WATCHDOG=1");
	supervisor->watchdog_at = monotonic_ms() + supervisor->notify.watchdog_ms;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	if (!a || !b)
		return a ? a : b;
	return a < b ? a : b;
}

/* Until the next thing that happens by the clock; -1: nothing does. */
static int next_timeout(const struct supervisor *supervisor)
{
	uint64_t now = monotonic_ms();
	uint64_t next = supervisor->deadline;

	if (is_watched(supervisor))
		next = earlier(next, supervisor->watchdog_at + 1);
	for (size_t i = 0; i < supervisor->family.count; i++) {
		const struct process *member = supervisor->family.members[i];
		if (!member->pid)
			next = earlier(next, member->start_at + 1);
	}
	if (!next)
		return -1;
	return next <= now ? 0 : (int)(next - now);
}

static void turn(struct supervisor *supervisor)
{
	struct pollfd watched[FAMILY_MAX + 1] = { { supervisor->signal_fd, POLLIN, 0 } };
	nfds_t count = 1;

	for (size_t i = 0; i < supervisor->family.count; i++)
		watched[count++] =
			(struct pollfd){ supervisor->family.members[i]->control_fd, POLLIN, 0 };
	(void)poll(watched, count, next_timeout(supervisor));
	listen_to_children(supervisor);
	take_signals(supervisor);
	advance(supervisor);
	start_due(supervisor);
	free_unused_generations(supervisor);
	standing_show(supervisor);
	watch_dog(supervisor);
}

/* -- life -- */

static bool open_signals(struct supervisor *supervisor, struct error *err)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	signal(SIGPIPE, SIG_IGN);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) != 0)
		return error_set(err, REASON_INTERNAL, "signals: %s", strerror(errno));
	supervisor->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (supervisor->signal_fd < 0)
		return error_set(err, REASON_INTERNAL, "signals: %s", strerror(errno));
	return true;
}

/* Thousands of connections need as many descriptors; the soft limit of a login is 1024. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

static bool prepare(struct supervisor *supervisor, struct config *config, struct error *err)
{
	struct family *family = &supervisor->family;
	struct generation *generation = NULL;

	raise_descriptor_limit();
	if (!generation_new(config, NULL, &generation, err))
		return false;
	supervisor->generations[supervisor->generation_count++] = generation;
	supervisor->current = generation;
	const struct listen_local_options local = {
		.path = generation->config->node.socket,
		.give_away = generation->lockdown.switch_user,
		.uid = generation->lockdown.uid,
		.gid = generation->lockdown.gid,
	};
	family->est_url = generation_est_url(generation);
	family->console_url = generation_console_url(generation);
	if (!family->est_url)
		return error_set(err, REASON_NO_MEMORY, "EST URL");
	if (family->program->is_proxy && !via_make_name(family->via_name, err))
		return false;
	if (!change_board_new(&family->board, err) || !metrics_board_new(&family->metrics, err))
		return false;
	standing_begin(supervisor);
	return (!local.path || listen_local(&local, &family->admin_fd, err)) &&
	       family_add_parts(family, generation, err) &&
	       family_add_edges(family, generation, err) && open_signals(supervisor, err);
}

static void close_all(struct supervisor *supervisor)
{
	if (supervisor->family.admin_fd >= 0)
		(void)unlink(supervisor->generations[0]->config->node.socket);
	family_done(&supervisor->family);
	for (size_t i = 0; i < supervisor->generation_count; i++)
		generation_free(supervisor->generations[i]);
	fd_closep(&supervisor->signal_fd);
	notify_close(&supervisor->notify);
}

int supervise(const struct supervisor_options *options)
{
	struct supervisor supervisor = {
		.config_path = options->config_path,
		.signal_fd = -1,
		.family.program = options->program,
		.family.admin_fd = -1,
	};
	struct error err;

	notify_open(&supervisor.notify);
	if (!prepare(&supervisor, options->config, &err))
		fail(&supervisor, "supervisor", err.detail);
	else
		start_due(&supervisor);
	while (supervisor.phase != PHASE_ENDING || supervisor.family.count)
		turn(&supervisor);
	close_all(&supervisor);
	return supervisor.status;
}
