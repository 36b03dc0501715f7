#include "bestow/round.h"

#include <string.h>

#include "base/clock.h"
#include "base/file.h"
#include "bestow/describe.h"
#include "bestow/metrics.h"
#include "bestow/obtain.h"
#include "bestow/say.h"
#include "bestow/session.h"

static void pair_donep(struct pair *pair)
{
	pair_done(pair);
}

static void obtained_donep(struct obtained *obtained)
{
	obtained_done(obtained);
}

/* -- when -- */

static bool draw_moment(const struct options *options, const struct bestow_certs *certs,
			struct memory *memory, struct error *err)
{
	const struct validity validity = { bestow_cert_not_before(certs, 0),
					   bestow_cert_not_after(certs, 0) };
	struct schedule schedule = { 0 };

	if (!schedule_renewal(&validity, options->window, &schedule, err))
		return false;
	memory->next_try = schedule.picked;
	return true;
}

/* A clock that once ran ahead must not put the next try off for years. */
static bool is_plausible(const struct memory *memory, int64_t end)
{
	if (memory->failures)
		return memory->next_try <= memory_now(memory) + SCHEDULE_BACKOFF_MAX;
	return !end || memory->next_try <= end;
}

/* An identity without certificate is due at once, but a failure's delay counts in any case. A
 * moment that was drawn for another certificate, or lost, is drawn anew. */
static bool find_moment(const struct options *options, struct memory *memory, struct error *err)
{
	CLEANUP(pair_donep) struct pair current = { 0 };

	if (!is_plausible(memory, pair_end(options, "current")))
		memory->next_try = memory->failures ? memory_now(memory) - 1 : 0;
	if (memory->next_try || !pair_load(options, "current", &current, NULL) || !current.certs)
		return true;
	return draw_moment(options, current.certs, memory, err);
}

bool round_next(const struct options *options, int64_t *ret_when, struct error *err)
{
	struct memory memory;

	memory_load(options, &memory);
	int64_t remembered = memory.next_try;
	if (!find_moment(options, &memory, err))
		return false;
	*ret_when = memory.next_try;
	return memory.next_try == remembered || memory_save(options, &memory, err);
}

/* -- how it went -- */

static int64_t time_left(const struct options *options, const struct memory *memory)
{
	int64_t end = pair_end(options, "current");

	return end ? end - memory_now(memory) : 0;
}

static void remember_failure(const struct options *options, struct memory *memory,
			     const struct bestow_error *err)
{
	memory->last_try = memory_now(memory);
	memory->failures++;
	memory->failures_total++;
	memory->next_try = memory_now(memory) + schedule_backoff(memory->failures, err->retry_after,
								 time_left(options, memory));
	snprintf(memory->last_code, sizeof memory->last_code, "%s", err->code);
	snprintf(memory->last_detail, sizeof memory->last_detail, "%s", err->detail);
}

static bool remember_success(const struct options *options, struct memory *memory,
			     const struct obtained *obtained, struct error *err)
{
	memory->failures = 0;
	memory->last_try = memory->last_success = memory->saved = memory_now(memory);
	memory->last_code[0] = memory->last_detail[0] = '\0';
	return draw_moment(options, obtained->certs, memory, err);
}

static void save_and_publish(const struct options *options, struct memory *memory)
{
	struct error err = { 0 };

	/* a full disk must not make of a renewed certificate a failure */
	if (!memory_save(options, memory, &err))
		say_warning(options, "%s", err.detail);
	if (!metrics_write(options, memory, &err))
		say_warning(options, "%s", err.detail);
}

/* -- the round -- */

static int tell_success(const struct options *options, const struct obtained *obtained,
			const struct memory *memory)
{
	char subject[256], until[TIME_TEXT_MAX], next[TIME_TEXT_MAX];
	json_t *document = describe_cert(obtained->certs, 0);

	json_object_set_new(document, "identity", json_string(options->name));
	json_object_set_new(document, "next_renewal",
			    json_string(time_to_text(memory->next_try, next)));
	json_object_set_new(document, "resumed", json_boolean(obtained->resumed));
	json_object_set_new(document, "enrolled_anew", json_boolean(obtained->by_bootstrap));
	bestow_cert_subject(obtained->certs, 0, subject, sizeof subject);
	return say_result(options, document, "%s: %s, until %s, renews %s", options->name, subject,
			  time_to_text(bestow_cert_not_after(obtained->certs, 0), until), next);
}

static int tell_nothing_due(const struct options *options, const struct memory *memory)
{
	char next[TIME_TEXT_MAX];

	return say_result(options,
			  json_pack("{s:s, s:b, s:s}", "identity", options->name, "due", 0,
				    "next_renewal", time_to_text(memory->next_try, next)),
			  "%s: nothing is due before %s", options->name, next);
}

static int obtain(const struct options *options, enum round_kind kind, struct memory *memory)
{
	CLEANUP(obtained_donep) struct obtained obtained = { 0 };
	struct bestow_error err = { 0 };
	struct error why = { 0 };
	bool done = kind == ROUND_FIRST ? obtain_first(options, memory, &obtained, &err)
					: obtain_next(options, memory, &obtained, &err);

	if (!done) {
		remember_failure(options, memory, &err);
		save_and_publish(options, memory);
		return fail_client(options, &err);
	}
	if (!remember_success(options, memory, &obtained, &why))
		return fail_here(options, &why);
	save_and_publish(options, memory);
	return tell_success(options, &obtained, memory);
}

int round_run(struct options *options, enum round_kind kind)
{
	struct memory memory;
	struct error err = { 0 };
	CLEANUP(fd_closep) int lock = -1;

	if (!identity_lock(options, &lock, &err))
		return fail_here(options, &err);
	memory_load(options, &memory);
	if (kind == ROUND_IF_DUE) {
		if (!find_moment(options, &memory, &err))
			return fail_here(options, &err);
		if (memory.next_try > memory_now(&memory)) {
			save_and_publish(options, &memory);
			return tell_nothing_due(options, &memory);
		}
	}
	return obtain(options, kind, &memory);
}

int round_check(struct options *options)
{
	struct memory memory;
	struct error err = { 0 };

	if (!identity_check_name(options->name, &err))
		return fail_here(options, &err);
	memory_load(options, &memory);
	if (!find_moment(options, &memory, &err))
		return fail_here(options, &err);
	if (memory.next_try > memory_now(&memory))
		return tell_nothing_due(options, &memory) ? 1 : EXIT_NOTHING_DUE;
	return say_result(options, json_pack("{s:s, s:b}", "identity", options->name, "due", 1),
			  "%s: a renewal is due", options->name);
}
