/* The steps that a refused request took, as they are kept with its event: one line a step. Written
 * for refusals only; what is issued has passed them all. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

enum event_step_outcome {
	EVENT_STEP_PASSED,
	EVENT_STEP_REFUSED,
	EVENT_STEP_SKIPPED,
	EVENT_STEP_OUTCOMES
};

#define EVENT_STEP_NAME_MAX 32
struct event_step {
	enum event_step_outcome outcome;
	char name[EVENT_STEP_NAME_MAX];
	char words[ERROR_DETAIL_MAX]; /* what it saw; may be "" */
	int64_t took_us;              /* -1: not measured */
};
#define EVENT_STEP_US_MAX INT64_C(999999999999) /* eleven days: longer is no duration */

/* Names and words are cut to what a struct event_step holds; control characters become '?'. */
void event_trace_add(struct buffer *trace, enum event_step_outcome outcome, const char *name,
		     const char *words);
/* The same of a step that was measured. */
void event_trace_add_timed(struct buffer *trace, enum event_step_outcome outcome, const char *name,
			   const char *words, int64_t took_us);
/* Cuts the next step off *rest; false at the end, and of a line that is none. */
bool event_trace_next(const char **rest, struct event_step *ret);
