/* Keys that no certificate is issued for. */
#include <string.h>

#include "base/hex.h"
#include "manage/change.h"
#include "manage/describe.h"
#include "manage/key_list.h"
#include "store/store_blocked_key.h"

/* -- blocking -- */

struct blocking {
	const struct call *call;
	struct store_tx *tx;
	const char *remark;
	json_int_t added, present;
};

static bool block_one(void *context, struct bytes fingerprint, struct error *err)
{
	struct blocking *blocking = context;
	bool is_new = false;

	if (!store_blocked_key_insert(blocking->tx, fingerprint, blocking->call->now,
				      blocking->remark, &is_new, err))
		return false;
	*(is_new ? &blocking->added : &blocking->present) += 1;
	return true;
}

/* All of the list in one transaction, or none of it. */
static bool block(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	CLEANUP(change_done) struct change change = { 0 };
	const char *remark = param_text(call->params, "remark");

	if (!param_file(call->params, "file", &text, err) || !change_begin(call, &change, err))
		return false;
	struct blocking blocking = { .call = call,
				     .tx = change.tx,
				     .remark = remark ? remark : "" };
	if (!key_list_read(buffer_view(&text), block_one, &blocking, err))
		return false;
	return change_commit(
		call, &change,
		(struct change_note){ "key", "list", json_null(),
				      json_pack("{s:I, s:s}", "added", blocking.added, "remark",
						blocking.remark) },
		json_pack("{s:I, s:I}", "added", blocking.added, "present", blocking.present), ret,
		err);
}

static bool unblock(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	const char *text = param_text(call->params, "fingerprint");
	unsigned char fingerprint[BLOCKED_FINGERPRINT_MAX];
	size_t len = 0;

	if (!key_fingerprint_read(bytes_of_string(text), fingerprint, &len))
		return error_set(err, REASON_INVALID,
				 "params.fingerprint: 64 or 20 hexadecimal digits");
	return change_begin(call, &change, err) &&
	       store_blocked_key_delete(change.tx, (struct bytes){ fingerprint, len }, err) &&
	       change_commit(
		       call, &change,
		       (struct change_note){ "key", text, json_string("blocked"), json_null() },
		       json_pack("{s:s}", "fingerprint", text), ret, err);
}

/* -- showing -- */

struct listing {
	json_t *keys;
	bool failed;
};

static bool each_key(void *context, struct bytes fingerprint, int64_t created, const char *remark)
{
	struct listing *listing = context;
	char hex[2 * BLOCKED_FINGERPRINT_MAX + 1];
	bool fits = fingerprint.len <= BLOCKED_FINGERPRINT_MAX;

	listing->failed =
		!fits ||
		json_array_append_new(
			listing->keys,
			json_pack("{s:s, s:s, s:o, s:o}", "fingerprint",
				  hex_encode(fingerprint, hex), "of",
				  fingerprint.len == BLOCKED_FINGERPRINT_MAX ? "key" : "modulus",
				  "created", describe_time(created), "remark",
				  describe_text(remark))) != 0;
	return !listing->failed;
}

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *keys = json_array();
	struct listing listing = { .keys = keys };
	unsigned int limit = 0;
	int64_t count = 0;
	const char *after = param_text(call->params, "after");
	unsigned char fingerprint[BLOCKED_FINGERPRINT_MAX] = { 0 };
	size_t len = 0;

	if (!call_limit(call, &limit, err))
		return false;
	if (after && !key_fingerprint_read(bytes_of_string(after), fingerprint, &len))
		return error_set(err, REASON_INVALID, "params.after: no fingerprint");
	if (!store_blocked_key_count(call->manage->store, &count, err) ||
	    !store_blocked_key_list(call->manage->store, (struct bytes){ fingerprint, len }, limit,
				    each_key, &listing, err))
		return false;
	if (listing.failed)
		return error_set(err, REASON_NO_MEMORY, "blocked keys");
	return call_return(json_pack("{s:O, s:I}", "keys", keys, "count", (json_int_t)count), ret,
			   err);
}

static const struct param block_params[] = {
	{ "file", PARAM_FILE, true },
	{ "remark", PARAM_TEXT, false },
	{ 0 },
};
static const struct param unblock_params[] = {
	{ "fingerprint", PARAM_TEXT, true },
	{ 0 },
};
static const struct param list_params[] = {
	{ "limit", PARAM_NUMBER, false },
	{ "after", PARAM_TEXT, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "key.block", block, REACH_NODE, false, block_params },
	{ "key.unblock", unblock, REACH_NODE, false, unblock_params },
	{ "key.list", list, REACH_NODE, false, list_params },
};
const struct verb_table key_verbs = { verbs, ARRAY_LEN(verbs) };
