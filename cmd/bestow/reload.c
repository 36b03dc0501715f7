#include "bestow/reload.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"

#define RELOAD_MS_MAX 60000
#define POLL_NS 20000000L

extern char **environ;

static bool wait_for(pid_t child, int *ret_status)
{
	uint64_t end = monotonic_ms() + RELOAD_MS_MAX;
	const struct timespec pause = { .tv_nsec = POLL_NS };

	while (waitpid(child, ret_status, WNOHANG) == 0) {
		if (monotonic_ms() > end) {
			kill(child, SIGKILL);
			waitpid(child, ret_status, 0);
			return false;
		}
		nanosleep(&pause, NULL);
	}
	return true;
}

static bool run(char *const *argv, struct error *err)
{
	pid_t child;
	int status = 0;
	int failed = posix_spawnp(&child, argv[0], NULL, NULL, argv, environ);

	if (failed)
		return error_set(err, REASON_RELOAD_FAILED, "%s: %s", argv[0], strerror(failed));
	if (!wait_for(child, &status))
		return error_set(err, REASON_RELOAD_FAILED, "%s took more than a minute", argv[0]);
	if (WIFSIGNALED(status))
		return error_set(err, REASON_RELOAD_FAILED, "%s was ended by signal %d", argv[0],
				 WTERMSIG(status));
	return WEXITSTATUS(status) == 0 || error_set(err, REASON_RELOAD_FAILED, "%s ended with %d",
						     argv[0], WEXITSTATUS(status));
}

bool reload_service(const struct options *options, struct error *err)
{
	char program[] = "systemctl", verb[] = "reload-or-restart", end_of_options[] = "--";
	char *systemctl[] = { program, verb, end_of_options, options->reload, NULL };
	char *command[OPTION_LIST_MAX + 1] = { 0 };

	if (options->command.count) {
		memcpy(command, options->command.items, options->command.count * sizeof *command);
		return run(command, err);
	}
	return !options->reload || run(systemctl, err);
}
