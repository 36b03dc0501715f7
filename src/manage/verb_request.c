/* Requests that wait for an operator's decision. */
#include <string.h>

#include "manage/change.h"
#include "manage/describe.h"
#include "manage/describe_tbs.h"
#include "store/store_held_request.h"

#define REMARK_MAX 200 /* a client reads it in an error's detail */

/* -- showing -- */

static const char *said(const char *text)
{
	return text && *text ? text : NULL;
}

static json_t *describe_request(const struct held_request *request, const struct catalog *catalog)
{
	const struct profile *profile = catalog_profile(catalog, request->profile_id);

	return json_pack(
		"{s:I, s:s, s:s, s:o, s:I, s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:o, "
		"s:o, s:o, s:o, s:I, s:I}",
		"id", (json_int_t)request->id, "request_id", request->request_id, "state",
		held_state_text(request->state), "profile",
		describe_text(profile ? profile->name : NULL), "profile_version",
		(json_int_t)request->profile_version, "operation",
		est_operation_text(request->operation), "renewal", request->renews_id != 0,
		"subject", describe_text(request->subject), "san", describe_text(request->san),
		"key_fingerprint", describe_hex((struct bytes){ request->key_hash, KEY_HASH_LEN }),
		"requested_by", describe_text(request->requested_by), "peer",
		describe_text(request->peer), "created", describe_time(request->created),
		"last_seen", describe_time(request->last_seen), "polls", (json_int_t)request->polls,
		"ends", describe_time(request->ends), "decided", describe_time(request->decided),
		"decided_by", describe_text(said(request->decided_by)), "remark",
		describe_text(said(request->remark)), "certificate_id",
		(json_int_t)request->certificate_id, "renews_id", (json_int_t)request->renews_id);
}

struct listing {
	const struct call *call;
	json_t *requests;
	int64_t last_id;
	bool failed;
};

static bool each_request(void *context, const struct held_request *request)
{
	struct listing *listing = context;

	listing->last_id = request->id;
	listing->failed =
		json_array_append_new(listing->requests,
				      describe_request(request, listing->call->catalog)) != 0;
	return !listing->failed;
}

static bool fill_filter(const struct call *call, struct store_held_filter *ret, struct error *err)
{
	const char *profile_name = param_text(call->params, "profile");
	const char *state = param_text(call->params, "state");
	const struct profile *profile = NULL;

	if (profile_name &&
	    !find_profile(call->catalog, call->account, profile_name, &profile, err))
		return false;
	*ret = (struct store_held_filter){
		.account_id = call->account->id,
		.profile_id = profile ? profile->id : 0,
		.state = state ? held_state_by_text(state) : -1,
		.now = call->now,
		.before_id = param_number(call->params, "cursor", 0),
	};
	if (state && ret->state < 0)
		return error_set(err, REASON_INVALID,
				 "params.state: %s is none of pending, approved, rejected, issued",
				 state);
	return call_limit(call, &ret->limit, err);
}

/* What was held a moment ago reaches the disk with the next commit; who looks now makes that one.
 */
static bool settle(const struct call *call, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;

	return store_begin(call->manage->store, &tx, err) && store_commit(TAKE(tx), err);
}

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *requests = json_array();
	struct listing listing = { .call = call, .requests = requests };
	struct store_held_filter filter;

	if (!fill_filter(call, &filter, err) || !settle(call, err) ||
	    !store_held_request_list(call->manage->store, &filter, each_request, &listing, err))
		return false;
	if (listing.failed)
		return error_set(err, REASON_NO_MEMORY, "requests");
	return call_return_page(
		&(struct page){ "requests", requests, filter.limit, listing.last_id }, ret, err);
}

/* -- finding one -- */

static bool find_request(const struct call *call, struct store_tx *tx, struct held_request *ret,
			 struct error *err)
{
	const char *id = param_text(call->params, "id");

	return request_id_check(id, err) &&
	       store_held_request_find_by_id(tx, call->account->id, id, call->now, ret, err);
}

static json_t *describe_whole(const struct held_request *request, const struct catalog *catalog)
{
	json_auto_t *described = describe_request(request, catalog);

	if (json_object_set_new(described, "certificate",
				describe_tbs(buffer_view(&request->tbs))) != 0)
		return NULL;
	return TAKE(described);
}

static bool show(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	CLEANUP(held_request_done) struct held_request request = { 0 };

	if (!store_begin(call->manage->store, &tx, err) || !find_request(call, tx, &request, err))
		return false;
	return call_return(json_pack("{s:o}", "request", describe_whole(&request, call->catalog)),
			   ret, err);
}

/* -- deciding -- */

struct decision {
	enum held_state state;
	const char *remark; /* NULL: none */
};

static bool set_text(char **text, const char *value, struct error *err)
{
	free(*text);
	*text = bytes_to_string(bytes_of_string(value ? value : ""));
	return *text || error_set(err, REASON_NO_MEMORY, "decision");
}

static int64_t kept_seconds(const struct catalog *catalog, const struct held_request *request)
{
	const struct profile *profile = catalog_profile(catalog, request->profile_id);

	return profile ? profile->approval_expires_seconds : 0;
}

static bool apply(const struct call *call, const struct change *change,
		  const struct decision *decision, struct held_request *request, struct error *err)
{
	enum held_state from = request->state;

	request->state = decision->state;
	request->decided = call->now;
	request->ends = call->now + kept_seconds(change->catalog, request);
	return set_text(&request->decided_by, call->actor, err) &&
	       set_text(&request->remark, decision->remark, err) &&
	       store_held_request_settle(change->tx, request, from, err);
}

/* An operator may think again until the certificate is fetched. */
static bool check_is_open(const struct held_request *request, const struct decision *decision,
			  struct error *err)
{
	if (request->state == HELD_ISSUED)
		return error_set(err, REASON_CONFLICT,
				 "the certificate has been issued; revoke it instead");
	if (request->state == decision->state)
		return error_set(err, REASON_CONFLICT, "it is %s already",
				 held_state_text(request->state));
	return true;
}

static bool commit(const struct call *call, struct change *change,
		   const struct held_request *request, enum held_state before, json_t **ret,
		   struct error *err)
{
	json_auto_t *described = describe_whole(request, change->catalog);

	return change_commit(
		call, change,
		(struct change_note){
			"request", request->request_id, json_string(held_state_text(before)),
			json_pack("{s:s, s:O, s:O, s:O, s:O}", "state",
				  held_state_text(request->state), "profile",
				  json_object_get(described, "profile"), "subject",
				  json_object_get(described, "subject"), "key_fingerprint",
				  json_object_get(described, "key_fingerprint"), "remark",
				  json_object_get(described, "remark")) },
		json_pack("{s:O}", "request", described), ret, err);
}

static bool decide(const struct call *call, const struct decision *decision, json_t **ret,
		   struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(held_request_done) struct held_request request = { 0 };

	if (decision->remark && strlen(decision->remark) > REMARK_MAX)
		return error_set(err, REASON_INVALID, "params.reason: at most %d bytes",
				 REMARK_MAX);
	if (!change_begin(call, &change, err) || !find_request(call, change.tx, &request, err) ||
	    !check_is_open(&request, decision, err))
		return false;

	enum held_state before = request.state;
	return apply(call, &change, decision, &request, err) &&
	       commit(call, &change, &request, before, ret, err);
}

static bool approve(const struct call *call, json_t **ret, struct error *err)
{
	return decide(call, &(struct decision){ .state = HELD_APPROVED }, ret, err);
}

static bool reject(const struct call *call, json_t **ret, struct error *err)
{
	const struct decision decision = { HELD_REJECTED, param_text(call->params, "reason") };

	return decide(call, &decision, ret, err);
}

static const struct param list_params[] = {
	{ "profile", PARAM_TEXT, false },
	{ "state", PARAM_TEXT, false },
	{ "limit", PARAM_NUMBER, false },
	{ "cursor", PARAM_NUMBER, false },
	{ 0 },
};
static const struct param id_params[] = { { "id", PARAM_TEXT, true }, { 0 } };
static const struct param reject_params[] = {
	{ "id", PARAM_TEXT, true },
	{ "reason", PARAM_TEXT, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "request.list", list, REACH_ACCOUNT, false, list_params },
	{ "request.show", show, REACH_ACCOUNT, false, id_params },
	{ "request.approve", approve, REACH_ACCOUNT, false, id_params },
	{ "request.reject", reject, REACH_ACCOUNT, false, reject_params },
};
const struct verb_table request_verbs = { verbs, ARRAY_LEN(verbs) };
