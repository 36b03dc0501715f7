#include "policy/trace.h"

#include <assert.h>
#include <stdio.h>

void trace_add(struct trace *trace, const char *rule, enum trace_outcome outcome, const char *words)
{
	assert(trace->count < TRACE_MAX);
	struct trace_step *step = &trace->steps[trace->count++];

	step->rule = rule;
	step->outcome = outcome;
	snprintf(step->words, sizeof step->words, "%s", words);
}
