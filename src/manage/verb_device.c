/* The devices on a profile's list. */
#include <string.h>

#include "manage/change.h"
#include "manage/describe.h"
#include "manage/device_import.h"
#include "manage/find_device.h"
#include "store/store_device.h"
#include "store/store_device_code.h"

#define LIST_LIMIT_DEFAULT 50
#define LIST_LIMIT_MAX 1000
#define USES_DEFAULT 1
#define IMPORT_SHOWN_MAX 100

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
	int64_t limit = param_number(call->params, "limit", LIST_LIMIT_DEFAULT);
	const struct profile *profile;
	struct store_device_filter filter = {
		.after_id = param_number(call->params, "after", 0),
		.now = call->now,
		.limit = (unsigned int)limit,
	};

	if (limit < 1 || limit > LIST_LIMIT_MAX)
		return error_set(err, REASON_INVALID, "params.limit: 1 to %d", LIST_LIMIT_MAX);
	if (!find_profile_of(call, &profile, err) || !read_state(call, &filter.state, err))
		return false;
	filter.profile_id = profile->id;
	if (!store_device_list(call->manage->store, &filter, each_device, &listing, err))
		return false;
	if (listing.failed)
		return error_set(err, REASON_NO_MEMORY, "devices");
	bool more = json_array_size(devices) == (size_t)limit;
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

/* What came of the rows. */
struct import_outcome {
	json_int_t added, present, codes;
	json_t *shown; /* of a dry run: the first rows as they were understood; else NULL */
};

static bool show_row(struct import_outcome *outcome, const struct device_import_row *row,
		     bool is_new, struct error *err)
{
	if (!outcome->shown || json_array_size(outcome->shown) == IMPORT_SHOWN_MAX)
		return true;
	return json_array_append_new(
		       outcome->shown,
		       json_pack("{s:I, s:s, s:o, s:o, s:o, s:b, s:s}", "line",
				 (json_int_t)row->line, "kind", device_kind_text(row->device.kind),
				 "identity", describe_text(row->device.identity), "name",
				 describe_text(row->device.name), "remark",
				 describe_text(row->device.remark), "code", row->has_code,
				 "outcome", is_new ? "new" : "present")) == 0 ||
	       error_set(err, REASON_NO_MEMORY, "devices");
}

static bool enter_row(const struct call *call, struct store_tx *tx,
		      const struct device_import_row *row, struct import_outcome *outcome,
		      struct error *err)
{
	struct device_code code = row->code;
	int64_t code_id;
	bool is_new = false;

	if (!store_device_insert(tx, &row->device, &code.device_id, &is_new, err) ||
	    !show_row(outcome, row, is_new, err))
		return false;
	*(is_new ? &outcome->added : &outcome->present) += 1;
	/* the same list again must not give spent codes their uses back */
	if (!row->has_code || (!is_new && !param_flag(call->params, "replace_codes")))
		return true;
	outcome->codes++;
	return store_device_code_insert(tx, &code, &code_id, err);
}

static bool enter_rows(const struct call *call, struct store_tx *tx,
		       const struct device_import *import, struct import_outcome *outcome,
		       struct error *err)
{
	for (size_t i = 0; i < import->row_count; i++)
		if (!enter_row(call, tx, &import->rows[i], outcome, err))
			return false;
	return true;
}

static json_t *describe_refused(const struct device_import *import)
{
	json_auto_t *refused = json_array();
	size_t shown = import->refused_count < DEVICE_IMPORT_REFUSED_MAX
			       ? import->refused_count
			       : DEVICE_IMPORT_REFUSED_MAX;

	for (size_t i = 0; i < shown; i++)
		if (json_array_append_new(
			    refused, json_pack("{s:I, s:s, s:o}", "line",
					       (json_int_t)import->refused[i].line, "reason",
					       reason_code(import->refused[i].why.reason), "detail",
					       describe_text(import->refused[i].why.detail))) != 0)
			return NULL;
	return TAKE(refused);
}

static json_t *describe_import(const struct device_import *import,
			       const struct import_outcome *outcome)
{
	return json_pack("{s:I, s:I, s:I, s:I, s:o, s:I}", "added", outcome->added, "present",
			 outcome->present, "codes", outcome->codes, "refused_count",
			 (json_int_t)import->refused_count, "refused", describe_refused(import),
			 "lines", (json_int_t)import->line_count);
}

static bool commit_import(const struct call *call, const struct profile *profile,
			  const struct device_import *import, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	struct import_outcome outcome = { 0 };

	if (!change_begin(call, &change, err) ||
	    !enter_rows(call, change.tx, import, &outcome, err))
		return false;
	return change_commit(
		call, &change,
		(struct change_note){ "devices of profile", profile->name, json_null(),
				      json_pack("{s:I, s:I, s:I, s:I}", "added", outcome.added,
						"present", outcome.present, "codes", outcome.codes,
						"refused", (json_int_t)import->refused_count) },
		describe_import(import, &outcome), ret, err);
}

/* Entered as the import would, and rolled back. */
static bool try_import(const struct call *call, const struct device_import *import, json_t **ret,
		       struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	json_auto_t *shown = json_array();
	struct import_outcome outcome = { .shown = shown };

	if (!shown)
		return error_set(err, REASON_NO_MEMORY, "devices");
	if (!store_begin(call->manage->store, &tx, err) ||
	    !enter_rows(call, tx, import, &outcome, err))
		return false;

	json_auto_t *described = describe_import(import, &outcome);
	if (json_object_set(described, "rows", shown) != 0)
		return error_set(err, REASON_NO_MEMORY, "devices");
	return call_return(TAKE(described), ret, err);
}

static bool import(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer text = { 0 };
	CLEANUP(device_import_done) struct device_import read = { 0 };
	int64_t lifetime = param_duration(call->params, "ends", 0);
	const struct profile *profile;
	struct device_import_defaults defaults = {
		.now = call->now,
		.code_ends = lifetime ? call->now + lifetime : 0,
		.code_uses = param_number(call->params, "uses", USES_DEFAULT),
		.pepper = call->manage->pepper,
	};

	if (!check_code_uses(defaults.code_uses, err) || !find_profile_of(call, &profile, err) ||
	    !param_file(call->params, "file", &text, err))
		return false;
	defaults.account_id = profile->account_id;
	defaults.profile_id = profile->id;
	/* the slow hashes of short codes hold no transaction up */
	return device_import_read(buffer_view(&text), param_text(call->params, "header"),
				  (size_t)param_number(call->params, "first_line", 1), &defaults,
				  &read, err) &&
	       (param_flag(call->params, "dry_run")
			? try_import(call, &read, ret, err)
			: commit_import(call, profile, &read, ret, err));
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
static const struct param import_params[] = {
	{ "profile", PARAM_TEXT, true },
	{ "file", PARAM_FILE, true },
	{ "header", PARAM_TEXT, false },
	{ "first_line", PARAM_NUMBER, false },
	{ "uses", PARAM_NUMBER, false },
	{ "ends", PARAM_DURATION, false },
	{ "replace_codes", PARAM_FLAG, false },
	{ "dry_run", PARAM_FLAG, false },
	{ 0 },
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
	{ "device.import", import, REACH_ACCOUNT, false, import_params },
	{ "device.suspend", suspend, REACH_ACCOUNT, false, device_params },
	{ "device.resume", resume, REACH_ACCOUNT, false, device_params },
	{ "device.remove", remove_device, REACH_ACCOUNT, false, device_params },
};
const struct verb_table device_verbs = { verbs, ARRAY_LEN(verbs) };
