#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "bestowctl/ask.h"
#include "bestowctl/command.h"
#include "bestowctl/exit_code.h"
#include "bestowctl/print.h"

#define FOLLOW_SECONDS 1
#define FOLLOW_LIMIT 1000

static void print_if(const char *before, const char *text, const char *after)
{
	if (!*text)
		return;
	fputs(before, stdout);
	print_text(text);
	fputs(after, stdout);
}

/* ", 1.234 ms"; nothing where nothing was measured. */
static void print_duration(const json_t *us)
{
	if (json_is_integer(us))
		printf(", %" JSON_INTEGER_FORMAT ".%03d ms", json_integer_value(us) / 1000,
		       (int)(json_integer_value(us) % 1000));
}

/* With --trace: "     4. address: passed (10.1.2.3)". */
static void print_steps(const json_t *steps)
{
	for (size_t i = 0; i < json_array_size(steps); i++) {
		const json_t *step = json_array_get(steps, i);

		printf("    %2zu. ", i + 1);
		print_text(json_text_at(step, "step"));
		print_if(": ", json_text_at(step, "outcome"), "");
		print_if(" (", json_text_at(step, "words"), ")");
		print_duration(json_at(step, "took_us"));
		putchar('\n');
	}
}

/* "2027-01-31 12:00:00  refused  sensors simpleenroll from 10.1.2.3: words: detail [reason]" */
static void print_event(const json_t *event)
{
	const char *at = json_text_at(event, "at");
	const char *profile = json_text_at(event, "profile");

	printf("%.10s %.8s  %-7s  ", at, strlen(at) > 11 ? at + 11 : "",
	       json_text_at(event, "outcome"));
	print_text(*profile ? profile : json_text_at(event, "label"));
	print_if(" ", json_text_at(event, "operation"), "");
	print_if(" from ", json_text_at(event, "peer"), "");
	print_if(" (", json_text_at(event, "client"), ")");
	print_if(": ", json_text_at(event, "words"), "");
	print_if(": ", json_text_at(event, "detail"), "");
	print_if(" [", json_text_at(event, "reason"), "]");
	print_if(" ", json_text_at(event, "request_id"), "");
	putchar('\n');
	print_if("    ", json_text_at(event, "remedy"), "\n");
	print_steps(json_at(event, "trace"));
}

static void print_one(const struct invocation *invocation, const json_t *event)
{
	if (!invocation->global->json) {
		print_event(event);
		return;
	}
	json_dumpf(event, stdout, JSON_COMPACT | JSON_ENSURE_ASCII);
	putchar('\n');
}

/* -- following: first the newest, oldest of them first; then what comes -- */

static int first_batch(const struct invocation *invocation, json_int_t *ret_last)
{
	json_auto_t *result = NULL;
	int code = command_ask(invocation, "event.list", invocation->params, &result);

	if (code != EXIT_DONE)
		return code;
	const json_t *events = json_at(result, "events");
	for (size_t i = json_array_size(events); i > 0; i--) {
		const json_t *event = json_array_get(events, i - 1);

		print_one(invocation, event);
		*ret_last = json_integer_value(json_at(event, "id"));
	}
	fflush(stdout);
	return EXIT_DONE;
}

static int next_batch(const struct invocation *invocation, json_int_t *last)
{
	json_auto_t *result = NULL;
	json_auto_t *params = json_copy(invocation->params);

	if (json_object_set_new(params, "after", json_integer(*last)) != 0 ||
	    json_object_set_new(params, "limit", json_integer(FOLLOW_LIMIT)) != 0)
		return fail_usage("out of memory");
	int code = command_ask(invocation, "event.list", params, &result);
	if (code != EXIT_DONE)
		return code;

	const json_t *events = json_at(result, "events");
	for (size_t i = 0; i < json_array_size(events); i++) {
		const json_t *event = json_array_get(events, i);

		print_one(invocation, event);
		*last = json_integer_value(json_at(event, "id"));
	}
	return fflush(stdout) == 0 ? EXIT_DONE : EXIT_FAILED;
}

static int follow(const struct invocation *invocation)
{
	json_int_t last = 0;
	int code = first_batch(invocation, &last);

	while (code == EXIT_DONE) {
		sleep(FOLLOW_SECONDS);
		code = next_batch(invocation, &last);
	}
	return code;
}

static void show_events(const struct invocation *invocation, const json_t *result)
{
	const json_t *events = json_at(result, "events");

	(void)invocation;
	if (json_array_size(events) == 0)
		fputs("nothing has happened yet\n", stderr);
	for (size_t i = json_array_size(events); i > 0; i--)
		print_event(json_array_get(events, i - 1));
}

static int events(const struct invocation *invocation)
{
	json_auto_t *result = NULL;

	if (own_flag(invocation, "--follow"))
		return follow(invocation);
	int code = command_ask(invocation, "event.list", invocation->params, &result);
	if (code == EXIT_DONE)
		command_show(invocation,
			     invocation->global->json ? json_at(result, "events") : result);
	return code;
}

static const struct argument arguments[] = {
	{ "--follow", NULL, ARGUMENT_FLAG, false, NULL, "go on until interrupted" },
	{ "--refusals", "refusals", ARGUMENT_FLAG, false, NULL, "only what was refused" },
	{ "--request", "request", ARGUMENT_TEXT, false, "ID",
	  "of the request with this id, as a client reads it" },
	{ "--trace", "trace", ARGUMENT_FLAG, false, NULL,
	  "with the steps of each: what it passed, and where it was refused" },
	{ "--limit", "limit", ARGUMENT_NUMBER, false, "N", "at most this many; 50" },
	{ 0 },
};

static const struct command commands[] = {
	{ "events", NULL, "event.list", "What was issued and what was refused, and why",
	  "events --refusals --limit 20\nevents --follow\nevents --request 4f3a91c2 --trace\n",
	  arguments, show_events, events },
};
const struct command_table event_commands = { commands, ARRAY_LEN(commands) };
