#include "node/process.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 5000
#define SERVED_WELL_MS 10000

bool process_new(enum process_kind kind, const char *name, const struct generation *generation,
		 struct process **ret, struct error *err)
{
	CLEANUP(process_freep) struct process *process = calloc(1, sizeof *process);

	if (!process)
		return error_set(err, REASON_NO_MEMORY, "process %s", name);
	*process = (struct process){
		.kind = kind,
		.generation = generation,
		.line = { -1, -1 },
		.control_fd = -1,
	};
	snprintf(process->name, sizeof process->name, "%s", name);
	if (kind != PROCESS_SERVICE && !ipc_pair(process->line, err))
		return false;
	*ret = TAKE(process);
	return true;
}

void process_free(struct process *process)
{
	if (!process)
		return;
	fd_closep(&process->line[0]);
	fd_closep(&process->line[1]);
	fd_closep(&process->control_fd);
	free(process);
}

/* -- in the child -- */

static int compare_ints(const void *a, const void *b)
{
	int left = *(const int *)a, right = *(const int *)b;

	return (left > right) - (left < right);
}

/* Closes all but the standard three and `fds`, which it sorts. */
static void close_others(int *fds, size_t count)
{
	int from = STDERR_FILENO + 1;

	qsort(fds, count, sizeof *fds, compare_ints);
	for (size_t i = 0; i < count; i++) {
		if (fds[i] < from)
			continue;
		if (fds[i] > from)
			(void)close_range((unsigned int)from, (unsigned int)fds[i] - 1, 0);
		from = fds[i] + 1;
	}
	(void)close_range((unsigned int)from, UINT_MAX, 0);
}

/* A terminal's interrupt reaches all processes of the node, but only the supervisor acts on it. */
static void reset_signals(void)
{
	sigset_t none;

	signal(SIGINT, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool keep_only(const struct process_start *start, int control_fd)
{
	int *fds = calloc(start->fd_count + 1, sizeof *fds);

	if (!fds)
		return false;
	if (start->fd_count)
		memcpy(fds, start->fds, start->fd_count * sizeof *fds);
	fds[start->fd_count] = control_fd;
	close_others(fds, start->fd_count + 1);
	free(fds);
	return true;
}

static void be_child(const struct process *process, const struct process_start *start,
		     int control_fd, pid_t parent)
{
	const struct config_node *node = &process->generation->config->node;

	reset_signals();
	(void)prctl(PR_SET_NAME, process->name);
	/* the parent may have died before the kernel was told to tell us */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent ||
	    !keep_only(start, control_fd))
		_exit(PROCESS_EXIT_FAILED);
	log_open(node->log_format, node->log_level, process->name);
	exit(start->run(start->context, process, control_fd));
}

/* -- in the parent -- */

bool process_start(struct process *process, const struct process_start *start, struct error *err)
{
	pid_t parent = getpid();
	int control[2];

	if (!ipc_pair(control, err))
		return false;
	pid_t pid = fork();
	if (pid == 0)
		be_child(process, start, control[1], parent);
	int number = errno;
	close(control[1]);
	if (pid < 0) {
		close(control[0]);
		return error_set(err, REASON_INTERNAL, "starting %s: %s", process->name,
				 strerror(number));
	}
	process->pid = pid;
	process->control_fd = control[0];
	process->ready = false;
	process->started_at = monotonic_ms();
	process->refusal[0] = '\0';
	return true;
}

static uint64_t delay_after(unsigned int failures)
{
	uint64_t delay = BACKOFF_FIRST_MS;

	if (failures < 2)
		return 0;
	for (; failures > 2 && delay < BACKOFF_MAX_MS; failures--)
		delay *= 2;
	return delay < BACKOFF_MAX_MS ? delay : BACKOFF_MAX_MS;
}

void process_ended(struct process *process)
{
	uint64_t now = monotonic_ms();

	if (process->ready && now - process->started_at >= SERVED_WELL_MS)
		process->failures = 0;
	if (!process->restarting)
		process->failures++;
	process->start_at = now + delay_after(process->failures);
	process->pid = 0;
	process->ready = process->restarting = false;
	fd_closep(&process->control_fd);
}

static void take_packet(struct process *process, struct bytes packet)
{
	struct ipc_frame frame;

	if (!ipc_frame_unpack(packet, &frame, NULL))
		return;
	if (frame.kind == IPC_READY)
		process->ready = process->was_ready = true;
	if (frame.kind == IPC_REFUSED)
		snprintf(process->refusal, sizeof process->refusal, "%.*s", (int)frame.payload.len,
			 (const char *)frame.payload.data);
}

bool process_listen(struct process *process)
{
	unsigned char packet[1024];
	bool before = process->ready;

	/* what it says is short; recv() closes descriptors that nobody asked for */
	while (process->control_fd >= 0) {
		ssize_t len = recv(process->control_fd, packet, sizeof packet, MSG_DONTWAIT);
		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (len <= 0)
			fd_closep(&process->control_fd);
		else
			take_packet(process, (struct bytes){ packet, (size_t)len });
	}
	return process->ready && !before;
}

void process_signal(const struct process *process, int signal_number)
{
	/* kill(0) would mean ourselves and everybody */
	if (process->pid > 0)
		kill(process->pid, signal_number);
}

void process_retire(struct process *process, const struct control_retire *order)
{
	struct error err;

	process->retiring = true;
	if (process->pid && !control_send_retire(process->control_fd, order, &err))
		process_signal(process, SIGTERM);
}
