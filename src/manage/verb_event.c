/* What happened at the doors: issuances and refusals, in words. */
#include "manage/describe.h"
#include "manage/event_steps.h"
#include "manage/verb.h"
#include "store/store_event.h"

static const char *outcome_text(enum reason reason)
{
	if (reason == REASON_NONE)
		return "issued";
	return reason_kind(reason) == ERROR_PENDING ? "pending" : "refused";
}

static json_t *describe_event(const struct event *event, const struct catalog *catalog)
{
	const struct account *account = catalog_account(catalog, event->account_id);
	const struct profile *profile = catalog_profile(catalog, event->profile_id);
	bool issued = event->reason == REASON_NONE;
	const char *operation = event->operation < EST_OPERATION_COUNT
					? est_operation_text(event->operation)
					: NULL;

	return json_pack(
		"{s:I, s:o, s:o, s:o, s:o, s:o, s:s, s:s?, s:s?, s:s?, s:o, s:o, s:o, s:o, s:I}",
		"id", (json_int_t)event->id, "at", describe_time(event->at), "account",
		describe_text(account ? account->name : NULL), "profile",
		describe_text(profile ? profile->name : NULL), "operation",
		describe_text(operation), "label", describe_text(event->label), "outcome",
		outcome_text(event->reason), "reason", issued ? NULL : reason_code(event->reason),
		"words", issued ? NULL : reason_words(event->reason), "remedy",
		issued ? NULL : reason_remedy(event->reason), "detail",
		describe_text(event->detail), "peer", describe_text(event->peer), "client",
		describe_text(event->client), "request_id", describe_text(event->request_id),
		"certificate_id", (json_int_t)event->certificate_id);
}

struct listing {
	const struct call *call;
	json_t *events;
	bool with_steps;
	bool failed;
};

static bool each_event(void *context, const struct event *event)
{
	struct listing *listing = context;
	json_auto_t *row = describe_event(event, listing->call->catalog);

	listing->failed = (listing->with_steps &&
			   json_object_set_new(row, "trace", describe_event_steps(event)) != 0) ||
			  json_array_append(listing->events, row) != 0;
	return !listing->failed;
}

/* A refusal reaches the disk with the next commit; who looks now makes that one. */
static bool settle(const struct call *call, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;

	return store_begin(call->manage->store, &tx, err) && store_commit(TAKE(tx), err);
}

/* Without an account all of the node's, those of no account too. With `after` oldest first from
 * there, else newest first. */
static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *events = json_array();
	struct listing listing = { .call = call,
				   .events = events,
				   .with_steps = param_flag(call->params, "trace") };
	struct store_event_filter filter = {
		.account_id = call->account ? call->account->id : 0,
		.after_id = param_number(call->params, "after", 0),
		.follow = param_is_given(call->params, "after"),
		.only_refusals = param_flag(call->params, "refusals"),
		.request = param_text(call->params, "request"),
	};

	if (!call_limit(call, &filter.limit, err))
		return false;
	if (filter.request && !request_id_check(filter.request, err))
		return false;
	if (!settle(call, err) ||
	    !store_event_list(call->manage->store, &filter, each_event, &listing, err))
		return false;
	if (listing.failed)
		return error_set(err, REASON_NO_MEMORY, "events");
	return call_return(json_pack("{s:O}", "events", events), ret, err);
}

static const struct param list_params[] = {
	{ "limit", PARAM_NUMBER, false },  { "after", PARAM_NUMBER, false },
	{ "refusals", PARAM_FLAG, false }, { "request", PARAM_TEXT, false },
	{ "trace", PARAM_FLAG, false },    { 0 },
};

static const struct verb verbs[] = {
	{ "event.list", list, REACH_NODE, false, list_params },
};
const struct verb_table event_verbs = { verbs, ARRAY_LEN(verbs) };
