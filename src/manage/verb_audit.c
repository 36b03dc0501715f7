/* The audit log. */
#include "manage/describe.h"
#include "store/store_audit.h"

/* JSON where it is JSON, so that a reader needs no second parser. */
static json_t *describe_state(const char *text)
{
	json_t *json = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

	return json ? json : describe_text(text);
}

static json_t *describe_entry(const struct audit_entry *entry, const struct catalog *catalog)
{
	const struct account *account = catalog_account(catalog, entry->account_id);

	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", (json_int_t)entry->id,
			 "at", describe_time(entry->at), "account",
			 describe_text(account ? account->name : NULL), "actor",
			 describe_text(entry->actor), "action", describe_text(entry->action),
			 "object", describe_text(entry->object), "before",
			 describe_state(entry->before), "after", describe_state(entry->after));
}

struct listing {
	const struct call *call;
	json_t *entries;
	int64_t last_id;
	bool failed;
};

static bool each_entry(void *context, const struct audit_entry *entry)
{
	struct listing *listing = context;

	listing->last_id = entry->id;
	listing->failed = json_array_append_new(listing->entries,
						describe_entry(entry, listing->call->catalog)) != 0;
	return !listing->failed;
}

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	unsigned int limit = 0;
	json_auto_t *entries = json_array();
	struct listing listing = { .call = call, .entries = entries };

	if (!call_limit(call, &limit, err) ||
	    !store_audit_list(call->manage->store, call->account ? call->account->id : 0,
			      param_number(call->params, "cursor", 0), limit, each_entry, &listing,
			      err))
		return false;
	if (listing.failed)
		return error_set(err, REASON_NO_MEMORY, "audit log");
	return call_return_page(&(struct page){ "entries", entries, limit, listing.last_id }, ret,
				err);
}

static bool verify(const struct call *call, json_t **ret, struct error *err)
{
	char head[65];
	int64_t count;

	return store_audit_verify(call->manage->store, param_text(call->params, "head"), &count,
				  head, err) &&
	       call_return(json_pack("{s:I, s:s}", "entries", (json_int_t)count, "head", head), ret,
			   err);
}

static const struct param list_params[] = {
	{ "limit", PARAM_NUMBER, false },
	{ "cursor", PARAM_NUMBER, false },
	{ 0 },
};
static const struct param verify_params[] = {
	{ "head", PARAM_TEXT, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "audit.list", list, REACH_NODE, false, list_params },
	{ "audit.verify", verify, REACH_NODE, false, verify_params },
};
const struct verb_table audit_verbs = { verbs, ARRAY_LEN(verbs) };
