/* A list of devices comes in, or is only looked at. */
#include "manage/change.h"
#include "manage/describe.h"
#include "manage/device_import.h"
#include "manage/find_device.h"
#include "store/store_device.h"
#include "store/store_device_code.h"

#define USES_DEFAULT 1
#define IMPORT_SHOWN_MAX 100

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

static const struct verb verbs[] = {
	{ "device.import", import, REACH_ACCOUNT, false, import_params },
};
const struct verb_table device_import_verbs = { verbs, ARRAY_LEN(verbs) };
