/* The devices on a profile's list. */
#include <string.h>

#include "manage/change.h"
#include "manage/describe.h"
#include "manage/find_device.h"
#include "store/store_device.h"
#include "store/store_device_code.h"

/* -- showing -- */

static json_t *describe_device(const struct device *device)
{
	return json_pack(
		"{s:I, s:s, s:o, s:o, s:o, s:s, s:o, s:o, s:I}", "id", (json_int_t)device->id,
		"kind", device_kind_text(device->kind), "identity", describe_text(device->identity),
		"name", describe_text(device->name), "remark", describe_text(device->remark),
		"state", device_state_text(device_state(device)), "created",
		describe_time(device->created), "suspended_at", describe_time(device->suspended_at),
		"certificate_id", (json_int_t)device->certificate_id);
}

static json_t *describe_code(const struct device_code *code, int64_t now)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:o}", "state",
			 device_code_state_text(device_code_state(code, now)), "kind",
			 code->kind == VERIFIER_HMAC ? "generated" : "given", "created",
			 describe_time(code->created), "ends", describe_time(code->ends), "uses",
			 (json_int_t)code->uses, "uses_max", (json_int_t)code->uses_max, "failures",
			 (json_int_t)code->failures, "locked_at", describe_time(code->locked_at));
}

/* NULL JSON where there is none. */
static bool describe_code_of(const struct call *call, const struct device *device, json_t **ret,
			     struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	struct device_code code;
	struct error why = { 0 };

	if (!store_begin(call->manage->store, &tx, err))
		return false;
	bool found = store_device_code_find_by_device(tx, device->id, &code, &why);
	if (!found && why.reason != REASON_NOT_FOUND) {
		*err = why;
		return false;
	}
	*ret = found ? describe_code(&code, call->now) : json_null();
	return true;
}

static bool show(const struct call *call, json_t **ret, struct error *err)
{
	struct device device;
	json_t *code = NULL;

	return find_device(call, &device, err) && describe_code_of(call, &device, &code, err) &&
	       call_return(
		       json_pack("{s:o, s:o}", "device", describe_device(&device), "code", code),
		       ret, err);
}

struct listing {
	json_t *devices;
	int64_t last_id;
	bool failed;
};

static bool each_device(void *context, const struct device *device)
{
	struct listing *listing = context;

	listing->last_id = device->id;
	listing->failed = json_array_append_new(listing->devices, describe_device(device)) != 0;
	return !listing->failed;
}

static bool read_state(const struct call *call, int *ret, struct error *err)
{
	const char *text = param_text(call->params, "state");

	*ret = -1;
	if (!text)
		return true;
	for (int state = DEVICE_REGISTERED; state <= DEVICE_SUSPENDED; state++)
		if (strcmp(device_state_text((enum device_state)state), text) == 0) {
			*ret = state;
			return true;
		}
	return error_set(err, REASON_INVALID, "params.state: registered, enrolled or suspended");
}

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *devices = json_array();
	struct listing listing = { .devices = devices };
	const struct profile *profile;
	struct store_device_filter filter = {
		.after_id = param_number(call->params, "after", 0),
		.now = call->now,
	};

	if (!call_limit(call, &filter.limit, err) || !find_profile_of(call, &profile, err) ||
	    !read_state(call, &filter.state, err))
		return false;
	filter.profile_id = profile->id;
	if (!store_device_list(call->manage->store, &filter, each_device, &listing, err))
		return false;
	if (listing.failed)
		return error_set(err, REASON_NO_MEMORY, "devices");
	bool more = json_array_size(devices) == filter.limit;
	return call_return(json_pack("{s:O, s:o}", "devices", devices, "next",
				     more ? json_integer(listing.last_id) : json_null()),
			   ret, err);
}

/* -- entering -- */

static bool read_new(const struct call *call, const struct profile *profile, struct device *ret,
		     struct error *err)
{
	const char *serial = param_text(call->params, "serial");
	const char *fingerprint = param_text(call->params, "fingerprint");

	*ret = (struct device){ .account_id = profile->account_id,
				.profile_id = profile->id,
				.created = call->now };
	if (!serial == !fingerprint)
		return error_set(err, REASON_INVALID, "params: either serial or fingerprint");
	return device_set_identity(ret, serial ? DEVICE_BY_SERIAL : DEVICE_BY_FINGERPRINT,
				   serial ? serial : fingerprint, err) &&
	       device_set_name(ret, param_text(call->params, "name"), err) &&
	       device_set_remark(ret, param_text(call->params, "remark"), err);
}

static bool add(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	const struct profile *profile;
	struct device device;
	bool is_new = false;

	if (!find_profile_of(call, &profile, err) || !read_new(call, profile, &device, err) ||
	    !change_begin(call, &change, err) ||
	    !store_device_insert(change.tx, &device, &device.id, &is_new, err))
		return false;
	if (!is_new)
		return error_set(err, REASON_CONFLICT, "%s %s is on the list",
				 device_kind_text(device.kind), device.identity);
	return change_commit(call, &change,
			     (struct change_note){ "device of profile", profile->name, json_null(),
						   describe_device(&device) },
			     json_pack("{s:o}", "device", describe_device(&device)), ret, err);
}

/* -- states -- */

/* Ends with the audit entry; the device is told as it is afterwards. */
static bool commit_state(const struct call *call, struct change *change,
			 const struct device *before, const struct device *after, json_t **ret,
			 struct error *err)
{
	return change_commit(
		call, change,
		(struct change_note){ "device", before->identity,
				      json_string(device_state_text(device_state(before))),
				      json_string(device_state_text(device_state(after))) },
		json_pack("{s:o}", "device", describe_device(after)), ret, err);
}

static bool suspend(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	struct device before;

	if (!change_begin(call, &change, err) || !find_device_in(call, change.tx, &before, err) ||
	    !store_device_suspend(change.tx, before.id, call->now, err))
		return false;
	struct device after = before;
	after.suspended_at = call->now;
	return commit_state(call, &change, &before, &after, ret, err);
}

/* Also of a code that guessers have locked: both ask for an operator's look. */
static bool resume(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	struct device before;
	bool was_locked = false;

	if (!change_begin(call, &change, err) || !find_device_in(call, change.tx, &before, err) ||
	    !store_device_suspend(change.tx, before.id, 0, err) ||
	    !store_device_code_unlock(change.tx, before.id, &was_locked, err))
		return false;
	struct device after = before;
	after.suspended_at = 0;
	return commit_state(call, &change, &before, &after, ret, err);
}

static bool remove_device(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	struct device device;

	return change_begin(call, &change, err) && find_device_in(call, change.tx, &device, err) &&
	       store_device_delete(change.tx, device.id, err) &&
	       change_commit(call, &change,
			     (struct change_note){ "device", device.identity,
						   describe_device(&device), json_null() },
			     json_pack("{s:o}", "removed", describe_text(device.identity)), ret,
			     err);
}

static const struct param list_params[] = {
	{ "profile", PARAM_TEXT, true },
	{ "state", PARAM_TEXT, false },
	{ "limit", PARAM_NUMBER, false },
	{ "after", PARAM_NUMBER, false },
	{ 0 },
};
static const struct param add_params[] = {
	{ "profile", PARAM_TEXT, true },      { "serial", PARAM_TEXT, false },
	{ "fingerprint", PARAM_TEXT, false }, { "name", PARAM_TEXT, false },
	{ "remark", PARAM_TEXT, false },      { 0 },
};
static const struct param device_params[] = {
	{ "profile", PARAM_TEXT, true },
	{ "device", PARAM_TEXT, true },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "device.list", list, REACH_ACCOUNT, false, list_params },
	{ "device.show", show, REACH_ACCOUNT, false, device_params },
	{ "device.add", add, REACH_ACCOUNT, false, add_params },
	{ "device.suspend", suspend, REACH_ACCOUNT, false, device_params },
	{ "device.resume", resume, REACH_ACCOUNT, false, device_params },
	{ "device.remove", remove_device, REACH_ACCOUNT, false, device_params },
};
const struct verb_table device_verbs = { verbs, ARRAY_LEN(verbs) };
