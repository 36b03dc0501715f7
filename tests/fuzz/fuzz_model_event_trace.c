/* The steps that are kept with a refusal: what is read comes back when it is written again. */
#include <stdlib.h>
#include <string.h>

#include "model/event_trace.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_round_trip(const struct event_step *step)
{
	CLEANUP(buffer_done) struct buffer trace = { 0 };
	struct event_step again;

	event_trace_add_timed(&trace, step->outcome, step->name, step->words, step->took_us);
	const char *rest = buffer_cstring(&trace);
	if (!rest)
		return;
	if (!event_trace_next(&rest, &again) || *rest || again.outcome != step->outcome ||
	    again.took_us != step->took_us || strlen(again.name) != strlen(step->name) ||
	    strlen(again.words) != strlen(step->words))
		abort();
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *text = bytes_to_string((struct bytes){ data, size });
	const char *rest = text;
	struct event_step step;

	while (rest && event_trace_next(&rest, &step))
		check_round_trip(&step);
	free(text);
	return 0;
}
