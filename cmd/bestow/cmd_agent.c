#include <signal.h>
#include <time.h>

#include "base/clock.h"
#include "bestow/command.h"
#include "bestow/identities.h"
#include "bestow/round.h"
#include "bestow/say.h"

#define NAP_MIN 60   /* however wrong a configuration is, it is not tried more often */
#define NAP_MAX 3600 /* files and clocks change; they are looked at again */

struct pass {
	int64_t now, next; /* the earliest that any identity waits for */
	int worst;         /* exit code */
};

/* -- one identity -- */

static int look_at(struct options *options, void *context)
{
	struct pass *pass = context;
	struct error err = { 0 };
	int64_t when;

	if (!round_next(options, &when, &err)) {
		pass->worst = fail_here(options, &err);
		return pass->worst;
	}
	if (when <= pass->now) {
		int code = round_run(options, ROUND_IF_DUE);

		pass->worst = code ? code : pass->worst;
		if (!round_next(options, &when, &err))
			return pass->worst;
	}
	if (when && when < pass->next)
		pass->next = when;
	return pass->worst;
}

static struct pass look_at_all(struct options *options)
{
	struct pass pass = { .now = clock_now(&clock_system) };
	struct error err = { 0 };

	if (pass.now < memory_floor())
		pass.now = memory_floor();
	pass.next = pass.now + NAP_MAX;
	if (options->name)
		look_at(options, &pass);
	else if (!identities_each(options, look_at, &pass, &err))
		pass.worst = fail_here(options, &err);
	return pass;
}

/* -- the loop -- */

/* False when it is time to end. SIGHUP looks at everything now. */
static bool nap(int64_t seconds, const sigset_t *signals)
{
	const struct timespec span = { .tv_sec = seconds < NAP_MIN   ? NAP_MIN
						 : seconds > NAP_MAX ? NAP_MAX
								     : seconds };
	int got = sigtimedwait(signals, NULL, &span);

	return got != SIGTERM && got != SIGINT;
}

int cmd_agent(struct options *options)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (options->once)
		return look_at_all(options).worst;
	sigprocmask(SIG_BLOCK, &signals, NULL);
	for (;;) {
		struct pass pass = look_at_all(options);

		if (!nap(pass.next - clock_now(&clock_system), &signals))
			return 0;
	}
}
