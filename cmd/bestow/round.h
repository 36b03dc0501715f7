/* One go at one identity: is it due, obtain, remember how it went, and when to come again. */
#pragma once

#include "bestow/memory.h"
#include "bestow/pair.h"
#include "bestow/schedule.h"

enum round_kind {
	ROUND_FIRST,  /* a first certificate, whatever is there */
	ROUND_NEXT,   /* the next one, due or not */
	ROUND_IF_DUE, /* whatever is due by now; nothing else */
};

/* Does it and says so; an exit code. */
int round_run(struct options *options, enum round_kind kind);
/* 0 when something is due, 9 when nothing is. */
int round_check(struct options *options);

/* For the agent: when the identity wants to be looked at next. */
MUST_CHECK bool round_next(const struct options *options, int64_t *ret_when, struct error *err);
