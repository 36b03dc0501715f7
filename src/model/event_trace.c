#include "model/event_trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A line: the outcome's sign, the name, a tab, the words; then, where it was measured, a tab and
 * microseconds. */
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

static void append_step(struct buffer *trace, enum event_step_outcome outcome, const char *name,
			const char *words)
{
	buffer_append_byte(trace, (unsigned char)signs[outcome]);
	append_plain(trace, name, EVENT_STEP_NAME_MAX);
	buffer_append_byte(trace, '\t');
	append_plain(trace, words, ERROR_DETAIL_MAX);
}

void event_trace_add(struct buffer *trace, enum event_step_outcome outcome, const char *name,
		     const char *words)
{
	append_step(trace, outcome, name, words);
	buffer_append_byte(trace, '\n');
}

void event_trace_add_timed(struct buffer *trace, enum event_step_outcome outcome, const char *name,
			   const char *words, int64_t took_us)
{
	append_step(trace, outcome, name, words);
	if (took_us >= 0 && took_us <= EVENT_STEP_US_MAX)
		buffer_printf(trace, "\t%" PRId64, took_us);
	buffer_append_byte(trace, '\n');
}

/* Up to the next tab or the line's end. */
static void cut(const char **rest, char *into, size_t size)
{
	size_t len = strcspn(*rest, "\t\n");

	snprintf(into, size, "%.*s", (int)len, *rest);
	*rest += len;
}

static bool pass(const char **rest, char wanted)
{
	bool is_there = **rest == wanted;

	*rest += is_there;
	return is_there;
}

/* Digits only: what is longer, or something else, is no measure. */
static bool cut_measure(const char **rest, int64_t *ret)
{
	const char *from = *rest;

	for (*ret = 0; **rest >= '0' && **rest <= '9' && *ret <= EVENT_STEP_US_MAX; (*rest)++)
		*ret = *ret * 10 + (**rest - '0');
	return *rest != from && *ret <= EVENT_STEP_US_MAX;
}

bool event_trace_next(const char **rest, struct event_step *ret)
{
	const char *sign = **rest ? memchr(signs, **rest, sizeof signs) : NULL;
	struct event_step step = { .took_us = -1 };

	if (!sign)
		return false;
	step.outcome = (enum event_step_outcome)(sign - signs);
	*rest += 1;
	cut(rest, step.name, sizeof step.name);
	if (!pass(rest, '\t'))
		return false;
	cut(rest, step.words, sizeof step.words);
	if ((pass(rest, '\t') && !cut_measure(rest, &step.took_us)) || !pass(rest, '\n'))
		return false;
	*ret = step;
	return true;
}
