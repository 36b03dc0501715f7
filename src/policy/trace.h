/* The steps of a decision, in words. */
#pragma once

#include "policy/policy.h"

/* `rule` is a constant; `words` are copied and cut. */
void trace_add(struct trace *trace, const char *rule, enum trace_outcome outcome,
	       const char *words);
