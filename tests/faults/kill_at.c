/* Runs a program and ends it with SIGKILL at one of its system calls: before the call or after it.
 *
 *     kill_at N PROGRAM ARGUMENT…
 *
 * Stops are counted from the program's first flock(), where a run of bestow begins to touch its
 * state, over all its threads and children. Exits with 137 when it killed, else with the program's
 * code; prints how many stops there were. */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define SYSCALL_STOP (SIGTRAP | 0x80)

struct counting {
	pid_t main;
	long target, stops;
	bool began;
};

static bool is_flock(pid_t pid)
{
	struct __ptrace_syscall_info info = { 0 };

	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) > 0 &&
	       info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_flock;
}

/* True when this is the stop to end at. */
static bool count(struct counting *counting, pid_t pid)
{
	counting->began = counting->began || is_flock(pid);
	return counting->began && ++counting->stops == counting->target;
}

static int run(struct counting *counting)
{
	int status;

	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0)
			return errno == ECHILD ? 1 : 2;
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (pid != counting->main)
				continue;
			printf("%ld\n", counting->stops);
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
		int sig = WSTOPSIG(status);
		if (sig == SYSCALL_STOP && count(counting, pid))
			kill(counting->main, SIGKILL);
		ptrace(PTRACE_SYSCALL, pid, 0,
		       sig == SYSCALL_STOP || sig == SIGTRAP || sig == SIGSTOP ? 0 : sig);
	}
}

int main(int argc, char **argv)
{
	struct counting counting = { .target = argc > 2 ? strtol(argv[1], NULL, 10) : 0 };

	if (argc < 3)
		return 2;
	counting.main = fork();
	if (counting.main == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0)
			_exit(77);
		raise(SIGSTOP);
		execv(argv[2], argv + 2);
		_exit(127);
	}
	int status;
	if (waitpid(counting.main, &status, __WALL) < 0 || !WIFSTOPPED(status))
		return 77;
	ptrace(PTRACE_SETOPTIONS, counting.main, 0,
	       PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
		       PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL);
	ptrace(PTRACE_SYSCALL, counting.main, 0, 0);
	return run(&counting);
}
