#include "policy/trace.h"

#include <assert.h>
#include <string.h>

void trace_add(struct trace *trace, const char *rule, enum trace_outcome outcome, const char *words)
{
	assert(trace->count < TRACE_MAX);
	struct trace_step *step = &trace->steps[trace->count++];

	step->rule = rule;
	step->outcome = outcome;
	size_t len = strnlen(words, sizeof step->words - 1);
	memcpy(step->words, words, len);
	step->words[len] = '\0';
}
