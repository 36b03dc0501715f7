#include "model/event_trace.h"

#include <stdio.h>
#include <string.h>

/* A line: the outcome's sign, the name, a tab, the words. */
static const char signs[EVENT_STEP_OUTCOMES] = {
	[EVENT_STEP_PASSED] = '+', [EVENT_STEP_REFUSED] = '-', [EVENT_STEP_SKIPPED] = '.'
};

static void append_plain(struct buffer *trace, const char *text, size_t room)
{
	for (size_t i = 0; text[i] && i + 1 < room; i++) {
		unsigned char octet = (unsigned char)text[i];

		buffer_append_byte(trace, octet < 0x20 || octet == 0x7f ? '?' : octet);
	}
}

void event_trace_add(struct buffer *trace, enum event_step_outcome outcome, const char *name,
		     const char *words)
{
	buffer_append_byte(trace, (unsigned char)signs[outcome]);
	append_plain(trace, name, EVENT_STEP_NAME_MAX);
	buffer_append_byte(trace, '\t');
	append_plain(trace, words, ERROR_DETAIL_MAX);
	buffer_append_byte(trace, '\n');
}

/* Up to `end`, which is passed over; false where there is none in this line. */
static bool cut(const char **rest, char end, char *into, size_t size)
{
	size_t len = strcspn(*rest, end == '\n' ? "\n" : "\t\n");

	if ((*rest)[len] != end)
		return false;
	snprintf(into, size, "%.*s", (int)len, *rest);
	*rest += len + 1;
	return true;
}

bool event_trace_next(const char **rest, struct event_step *ret)
{
	const char *sign = **rest ? memchr(signs, **rest, sizeof signs) : NULL;
	struct event_step step = { 0 };

	if (!sign)
		return false;
	step.outcome = (enum event_step_outcome)(sign - signs);
	*rest += 1;
	if (!cut(rest, '\t', step.name, sizeof step.name) ||
	    !cut(rest, '\n', step.words, sizeof step.words))
		return false;
	*ret = step;
	return true;
}
