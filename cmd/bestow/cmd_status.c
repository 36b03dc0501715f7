#include <dirent.h>
#include <string.h>

#include "base/clock.h"
#include "bestow/command.h"
#include "bestow/describe.h"
#include "bestow/identities.h"
#include "bestow/memory.h"
#include "bestow/pair.h"
#include "bestow/say.h"

static const char *state_of(const struct pair *current, bool readable, const struct memory *memory)
{
	int64_t now = memory_now(memory);

	if (!readable)
		return "broken";
	if (!current->certs)
		return "none";
	if (bestow_cert_not_after(current->certs, 0) < now)
		return "expired";
	return bestow_cert_not_before(current->certs, 0) > now ? "not yet valid" : "valid";
}

static void print_line(const struct options *options, const struct pair *current,
		       const struct memory *memory, const char *state, struct buffer *to)
{
	char subject[256] = "-", left[SPAN_TEXT_MAX], next[TIME_TEXT_MAX], last[TIME_TEXT_MAX];
	int64_t now = memory_now(memory);

	buffer_printf(to, "%s  %s", options->name, state);
	if (current->certs) {
		int64_t rest = bestow_cert_not_after(current->certs, 0) - now;

		bestow_cert_subject(current->certs, 0, subject, sizeof subject);
		buffer_printf(to, "  %s  %s %s", subject, rest > 0 ? "ends in" : "ended for",
			      describe_span(rest > 0 ? rest : -rest, left));
	}
	if (memory->next_try)
		buffer_printf(to, "  next try %s", time_to_text(memory->next_try, next));
	if (memory->last_success)
		buffer_printf(to, "  last success %s", time_to_text(memory->last_success, last));
	if (memory->failures)
		buffer_printf(to, "\n  %lld failed in a row, the last: %s [%s]",
			      (long long)memory->failures, memory->last_detail, memory->last_code);
}

static json_t *as_json(const struct options *options, const struct pair *current,
		       const struct memory *memory, const char *state)
{
	char next[TIME_TEXT_MAX], last[TIME_TEXT_MAX];
	json_t *document =
		json_pack("{s:s, s:s, s:I, s:s, s:s}", "identity", options->name, "state", state,
			  "failures", (json_int_t)memory->failures, "last_code", memory->last_code,
			  "last_detail", memory->last_detail);

	if (current->certs)
		json_object_set_new(document, "certificate", describe_cert(current->certs, 0));
	if (memory->next_try)
		json_object_set_new(document, "next_renewal",
				    json_string(time_to_text(memory->next_try, next)));
	if (memory->last_success)
		json_object_set_new(document, "last_success",
				    json_string(time_to_text(memory->last_success, last)));
	return document;
}

static void describe(const struct options *options, json_t *list, struct buffer *to)
{
	struct pair current = { 0 };
	struct memory memory;
	struct error err = { 0 };
	bool readable = pair_load(options, "current", &current, &err);

	memory_load(options, &memory);
	const char *state = state_of(&current, readable, &memory);
	json_array_append_new(list, as_json(options, &current, &memory, state));
	if (to->len)
		buffer_append_byte(to, '\n');
	print_line(options, &current, &memory, state, to);
	if (!readable)
		buffer_printf(to, "\n  %s", err.detail);
	pair_done(&current);
}

struct listing {
	json_t *list;
	struct buffer text;
};

static int add(struct options *options, void *context)
{
	struct listing *listing = context;

	describe(options, listing->list, &listing->text);
	return 0;
}

int cmd_status(struct options *options)
{
	struct listing listing = { .list = json_array() };
	struct error err = { 0 };
	int code = 0;

	if (options->name)
		describe(options, listing.list, &listing.text);
	else
		code = identities_each(options, add, &listing, &err) ? 0 : fail_here(options, &err);
	const char *text = buffer_cstring(&listing.text);
	if (code)
		json_decref(listing.list);
	else
		code = say_result(options, json_pack("{s:o}", "identities", listing.list), "%s",
				  text && *text ? text : "no identities; bestow init makes one");
	buffer_done(&listing.text);
	return code;
}
