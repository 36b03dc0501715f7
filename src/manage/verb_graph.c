/* Numbers over time, for the console's graphs. */
#include "manage/describe.h"
#include "store/store_graph.h"

#define DAY 86400
#define BARS_MAX 60
#define MINUTES_DEFAULT 60
#define MINUTES_MAX 1440

/* -- when certificates end -- */

static bool add_bar(const struct call *call, json_t *bars, int64_t from, int64_t to,
		    struct error *err)
{
	int64_t count;

	if (!store_graph_ends(call->manage->store, call->account->id, from, to, &count, err))
		return false;
	return json_array_append_new(bars, json_pack("{s:o, s:o, s:I}", "from", describe_time(from),
						     "to", describe_time(to), "count",
						     (json_int_t)count)) == 0 ||
	       error_set(err, REASON_NO_MEMORY, "bars");
}

static bool ends(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *bars = json_array();
	int64_t count = param_number(call->params, "bars", 12);
	int64_t width = param_number(call->params, "days", 7) * DAY;

	if (count < 1 || count > BARS_MAX)
		return error_set(err, REASON_INVALID, "params.bars: 1 to %d", BARS_MAX);
	if (width < DAY || width > 366 * (int64_t)DAY)
		return error_set(err, REASON_INVALID, "params.days: 1 to 366");
	for (int64_t i = 0; i < count; i++)
		if (!add_bar(call, bars, call->now + i * width, call->now + (i + 1) * width, err))
			return false;
	return call_return(json_pack("{s:O}", "bars", bars), ret, err);
}

/* -- what happened at the doors -- */

enum outcome { OUTCOME_ENROLLED, OUTCOME_RENEWED, OUTCOME_REFUSED, OUTCOME_PENDING, OUTCOMES };

static enum outcome outcome_of(const struct event_count *count)
{
	if (count->reason != REASON_NONE)
		return reason_kind(count->reason) == ERROR_PENDING ? OUTCOME_PENDING
								   : OUTCOME_REFUSED;
	return count->operation == EST_SIMPLEREENROLL ? OUTCOME_RENEWED : OUTCOME_ENROLLED;
}

struct tally {
	int64_t first; /* the minute of the first column */
	size_t minutes;
	int64_t columns[OUTCOMES][MINUTES_MAX];
	int64_t reasons[REASON_COUNT];
};

static bool each_count(void *context, const struct event_count *count)
{
	struct tally *tally = context;
	int64_t column = (count->minute - tally->first) / 60;

	if (column >= 0 && (size_t)column < tally->minutes)
		tally->columns[outcome_of(count)][column] += count->count;
	tally->reasons[count->reason] += count->count;
	return true;
}

static json_t *describe_column(const struct tally *tally, enum outcome outcome)
{
	json_auto_t *list = json_array();

	for (size_t i = 0; i < tally->minutes; i++)
		if (json_array_append_new(list, json_integer(tally->columns[outcome][i])) != 0)
			return NULL;
	return TAKE(list);
}

static json_t *describe_reasons(const struct tally *tally)
{
	json_auto_t *list = json_array();

	for (enum reason reason = REASON_NONE + 1; reason < REASON_COUNT; reason++)
		if (tally->reasons[reason] > 0 &&
		    json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I}", "code",
							  reason_code(reason), "words",
							  reason_words(reason), "remedy",
							  reason_remedy(reason), "count",
							  (json_int_t)tally->reasons[reason])) != 0)
			return NULL;
	return TAKE(list);
}

static bool enrollments(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(freep) struct tally *tally = calloc(1, sizeof *tally);
	int64_t minutes = param_number(call->params, "minutes", MINUTES_DEFAULT);

	if (minutes < 1 || minutes > MINUTES_MAX)
		return error_set(err, REASON_INVALID, "params.minutes: 1 to %d", MINUTES_MAX);
	if (!tally)
		return error_set(err, REASON_NO_MEMORY, "counts");
	tally->minutes = (size_t)minutes;
	tally->first = (call->now / 60 - minutes + 1) * 60;
	if (!store_graph_events(call->manage->store, call->account->id, tally->first, each_count,
				tally, err))
		return false;
	return call_return(json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "from",
				     describe_time(tally->first), "enrolled",
				     describe_column(tally, OUTCOME_ENROLLED), "renewed",
				     describe_column(tally, OUTCOME_RENEWED), "refused",
				     describe_column(tally, OUTCOME_REFUSED), "pending",
				     describe_column(tally, OUTCOME_PENDING), "reasons",
				     describe_reasons(tally)),
			   ret, err);
}

static const struct param ends_params[] = {
	{ "bars", PARAM_NUMBER, false },
	{ "days", PARAM_NUMBER, false },
	{ 0 },
};
static const struct param enrollments_params[] = {
	{ "minutes", PARAM_NUMBER, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "graph.ends", ends, REACH_ACCOUNT, false, ends_params },
	{ "graph.enrollments", enrollments, REACH_ACCOUNT, false, enrollments_params },
};
const struct verb_table graph_verbs = { verbs, ARRAY_LEN(verbs) };
