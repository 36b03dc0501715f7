#include "manage/event_steps.h"

#include <string.h>

#include "manage/describe.h"
#include "model/event_trace.h"

/* In the order in which a request meets them. */
enum stage {
	STAGE_TLS,
	STAGE_ADDRESS,
	STAGE_SERVICE,
	STAGE_REQUEST,
	STAGE_AUTHENTICATION,
	STAGE_RULES,
	STAGE_SIGNATURE,
	STAGE_COUNT
};

static const char *const stage_names[STAGE_COUNT] = {
	[STAGE_TLS] = "TLS",
	[STAGE_ADDRESS] = "address",
	[STAGE_SERVICE] = "service",
	[STAGE_REQUEST] = "request",
	[STAGE_AUTHENTICATION] = "authentication",
	[STAGE_RULES] = "rules",
	[STAGE_SIGNATURE] = "signature",
};

/* Where a request is refused before its rules are asked, or behind them; what is not named here is
 * the rules'. */
static const struct {
	enum reason reason;
	enum stage stage;
} places[] = {
	{ REASON_NO_COMMON_TLS, STAGE_TLS },
	{ REASON_NO_SERVER_CERT, STAGE_TLS },
	{ REASON_IP_NOT_ALLOWED, STAGE_ADDRESS },
	{ REASON_NO_SOURCE, STAGE_ADDRESS },
	{ REASON_UNKNOWN_LABEL, STAGE_SERVICE },
	{ REASON_PROFILE_SUSPENDED, STAGE_SERVICE },
	{ REASON_UNKNOWN_OPERATION, STAGE_SERVICE },
	{ REASON_METHOD_NOT_ALLOWED, STAGE_SERVICE },
	{ REASON_UPSTREAM_LOOP, STAGE_SERVICE },
	{ REASON_HTTP_MALFORMED, STAGE_REQUEST },
	{ REASON_TOO_LARGE, STAGE_REQUEST },
	{ REASON_TIMEOUT, STAGE_REQUEST },
	{ REASON_MEDIA_TYPE, STAGE_REQUEST },
	{ REASON_CSR_BAD_ENCODING, STAGE_REQUEST },
	{ REASON_CSR_MALFORMED, STAGE_REQUEST },
	{ REASON_POP_FAILED, STAGE_REQUEST },
	{ REASON_KEY_INVALID, STAGE_REQUEST },
	{ REASON_KEY_TOO_WEAK, STAGE_REQUEST }, /* below what anybody may have */
	{ REASON_SIGNATURE_WEAK, STAGE_REQUEST },
	{ REASON_NAME_INVALID, STAGE_REQUEST },
	{ REASON_CMS_MALFORMED, STAGE_REQUEST },
	{ REASON_CMC_CONTROL, STAGE_REQUEST },
	{ REASON_CMS_SIGNATURE, STAGE_AUTHENTICATION },
	{ REASON_CLIENT_CERT_INVALID, STAGE_AUTHENTICATION },
	{ REASON_BAD_CREDENTIALS, STAGE_AUTHENTICATION },
	{ REASON_CA_UNAVAILABLE, STAGE_SIGNATURE },
	{ REASON_STORE_UNAVAILABLE, STAGE_SIGNATURE },
};

static enum stage stage_of(const struct event *event)
{
	if (event->reason == REASON_NONE)
		return STAGE_COUNT;
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (places[i].reason == event->reason)
			return places[i].stage;
	return STAGE_RULES;
}

static bool add_timed(json_t *steps, const char *step, const char *outcome, const char *words,
		      int64_t took_us)
{
	return json_array_append_new(
		       steps,
		       json_pack("{s:o, s:s, s:o, s:o}", "step", describe_text(step), "outcome",
				 outcome, "words", describe_text(words), "took_us",
				 took_us < 0 ? json_null() : json_integer(took_us))) == 0;
}

static bool add(json_t *steps, const char *step, const char *outcome, const char *words)
{
	return add_timed(steps, step, outcome, words, -1);
}

static bool is_pending(const struct event *event)
{
	return reason_kind(event->reason) == ERROR_PENDING;
}

/* -- from the outcome -- */

static const char *words_of_passed(const struct event *event, enum stage stage)
{
	if (stage == STAGE_ADDRESS)
		return event->peer;
	if (stage == STAGE_SERVICE && event->operation < EST_OPERATION_COUNT)
		return est_operation_text(event->operation);
	return stage == STAGE_AUTHENTICATION ? event->client : "";
}

static bool add_stage(json_t *steps, const struct event *event, enum stage stage, enum stage last)
{
	const char *name = stage_names[stage];

	if (stage < last)
		return add(steps, name, "passed", words_of_passed(event, stage));
	if (stage > last)
		return add(steps, name, "not-reached", "");
	return add(steps, name, is_pending(event) ? "waiting" : "refused", event->detail);
}

static bool add_stages(json_t *steps, const struct event *event)
{
	enum stage last = stage_of(event);

	for (enum stage stage = STAGE_TLS; stage < STAGE_COUNT; stage++)
		if (!add_stage(steps, event, stage, last))
			return false;
	return true;
}

/* -- as kept -- */

static const char *const outcome_words[EVENT_STEP_OUTCOMES] = {
	[EVENT_STEP_PASSED] = "passed",
	[EVENT_STEP_REFUSED] = "refused",
	[EVENT_STEP_SKIPPED] = "skipped",
};

/* What every rule has let pass was stopped by a person, or by what signs and records it. */
static bool add_end(json_t *steps, const struct event *event, bool is_decided)
{
	bool by_person = is_pending(event) || event->reason == REASON_REQUEST_REJECTED;
	const char *outcome = is_pending(event) ? "waiting" : "refused";

	if (is_decided)
		return add(steps, stage_names[STAGE_SIGNATURE], "not-reached", "");
	if (!by_person)
		return add(steps, stage_names[STAGE_SIGNATURE], outcome, event->detail);
	return add(steps, "operator", outcome, event->detail) &&
	       add(steps, stage_names[STAGE_SIGNATURE], "not-reached", "");
}

static bool add_kept(json_t *steps, const struct event *event)
{
	const char *rest = event->trace;
	bool is_refused = false;
	struct event_step step;

	while (event_trace_next(&rest, &step)) {
		is_refused |= step.outcome == EVENT_STEP_REFUSED;
		if (!add_timed(steps, step.name, outcome_words[step.outcome], step.words,
			       step.took_us))
			return false;
	}
	return add_end(steps, event, is_refused);
}

json_t *describe_event_steps(const struct event *event)
{
	json_auto_t *steps = json_array();
	bool is_kept = event->trace && *event->trace;

	if (!steps || !(is_kept ? add_kept(steps, event) : add_stages(steps, event)))
		return NULL;
	return TAKE(steps);
}
