#include "node/term.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "base/cleanup.h"

struct term {
	void (*on_term)(void *context);
	void *context;
};

static sigset_t only_term(void)
{
	sigset_t term;

	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	return term;
}

static void *wait_for_term(void *context)
{
	CLEANUP(freep) struct term *term = context;
	const sigset_t wanted = only_term();
	int caught = 0;

	sigwait(&wanted, &caught);
	term->on_term(term->context);
	return NULL;
}

bool term_watch(void (*on_term)(void *context), void *context, struct error *err)
{
	CLEANUP(freep) struct term *term = calloc(1, sizeof *term);
	pthread_t thread;

	if (!term)
		return error_set(err, REASON_NO_MEMORY, "SIGTERM");
	*term = (struct term){ on_term, context };
	if (pthread_create(&thread, NULL, wait_for_term, term) != 0)
		return error_set(err, REASON_NO_MEMORY, "thread");
	(void)TAKE(term);
	pthread_detach(thread);
	return true;
}

void term_block(void)
{
	const sigset_t term = only_term();

	pthread_sigmask(SIG_BLOCK, &term, NULL);
}
