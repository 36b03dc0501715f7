/* SIGTERM in a process of many threads: taken by a thread of its own, so that no handler needs to
 * reach the server through a global. */
#pragma once

#include "base/error.h"

/* Before the first thread is made: each that is made later has it blocked too. */
void term_block(void);
/* `on_term` is called once, in the thread that waits. */
MUST_CHECK bool term_watch(void (*on_term)(void *context), void *context, struct error *err);
