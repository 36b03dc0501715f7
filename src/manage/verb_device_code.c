/* Enrollment codes: made here, shown once, kept as verifiers. */
#include <string.h>

#include "manage/change.h"
#include "manage/describe.h"
#include "manage/find_device.h"
#include "ra/device_code.h"
#include "ra/passphrase.h"
#include "store/store_device.h"
#include "store/store_device_code.h"

#define CODES_MAX 1000 /* of one request */
#define USES_DEFAULT 1

/* For whom. */
struct recipient {
	int64_t device_id; /* 0: whoever holds it */
	char identity[DEVICE_IDENTITY_MAX + 1];
};

struct recipients {
	struct recipient list[CODES_MAX];
	size_t count;
	bool more; /* behind the last of them */
	int64_t last_id;
};

static void add_recipient(struct recipients *to, const struct device *device)
{
	struct recipient *recipient = &to->list[to->count++];

	recipient->device_id = device->id;
	memcpy(recipient->identity, device->identity, sizeof recipient->identity);
	to->last_id = device->id;
}

static bool collect_named(const struct call *call, const struct profile *profile,
			  const json_t *names, struct recipients *ret, struct error *err)
{
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		struct device device;

		if (ret->count == CODES_MAX)
			return error_set(err, REASON_INVALID, "params.devices: at most %d",
					 CODES_MAX);
		if (!find_device_named(call, NULL, profile, name, &device, err))
			return false;
		add_recipient(ret, &device);
	}
	return true;
}

static bool each_lacking(void *context, const struct device *device)
{
	struct recipients *recipients = context;

	recipients->more = recipients->count == CODES_MAX;
	if (!recipients->more)
		add_recipient(recipients, device);
	return !recipients->more;
}

/* Those on the list that have no certificate and no code which still works. */
static bool collect_lacking(const struct call *call, const struct profile *profile,
			    struct recipients *ret, struct error *err)
{
	const struct store_device_filter filter = {
		.profile_id = profile->id,
		.state = DEVICE_REGISTERED,
		.lacks_code = true,
		.after_id = param_number(call->params, "after", 0),
		.now = call->now,
		.limit = CODES_MAX + 1,
	};

	return store_device_list(call->manage->store, &filter, each_lacking, ret, err);
}

static bool collect_anybody(const struct profile *profile, int64_t count, struct recipients *ret,
			    struct error *err)
{
	if (count < 1 || count > CODES_MAX)
		return error_set(err, REASON_INVALID, "params.count: 1 to %d", CODES_MAX);
	if (profile->devices == DEVICES_REGISTERED)
		return error_set(
			err, REASON_INVALID,
			"params.count: profile %s admits registered devices only, and such "
			"a code would be nobody's",
			profile->name);
	ret->count = (size_t)count;
	return true;
}

static bool collect(const struct call *call, const struct profile *profile, struct recipients *ret,
		    struct error *err)
{
	const json_t *names = param_list(call->params, "devices");
	bool counted = param_is_given(call->params, "count");

	if (names && counted)
		return error_set(err, REASON_INVALID, "params: either devices or count");
	if (names)
		return collect_named(call, profile, names, ret, err);
	return counted ? collect_anybody(profile, param_number(call->params, "count", 0), ret, err)
		       : collect_lacking(call, profile, ret, err);
}

/* -- making -- */

static bool make_one(const struct call *call, struct store_tx *tx, const struct device_code *like,
		     const struct recipient *recipient, json_t *codes, struct error *err)
{
	CLEANUP(secret_done) struct secret text = { 0 };
	struct device_code code = *like;
	int64_t id;

	code.device_id = recipient->device_id;
	if (!passphrase_generate(&text, err) ||
	    !device_code_make_verifier(call->manage->pepper, secret_view(&text), true, &code,
				       err) ||
	    !store_device_code_insert(tx, &code, &id, err))
		return false;
	return json_array_append_new(
		       codes, json_pack("{s:o, s:o}", "device",
					recipient->device_id ? describe_text(recipient->identity)
							     : json_null(),
					"code", json_stringn((const char *)text.data, text.len))) ==
		       0 ||
	       error_set(err, REASON_NO_MEMORY, "codes");
}

static bool make_all(const struct call *call, struct store_tx *tx, const struct device_code *like,
		     const struct recipients *recipients, json_t *codes, struct error *err)
{
	for (size_t i = 0; i < recipients->count; i++)
		if (!make_one(call, tx, like, &recipients->list[i], codes, err))
			return false;
	return true;
}

static json_t *describe_warnings(const struct profile *profile)
{
	json_auto_t *warnings = json_array();

	if (!auth_takes_code(profile->auth) &&
	    json_array_append_new(warnings,
				  json_string("nobody is asked for these codes until the profile's "
					      "auth is device-code or certificate-and-code")) != 0)
		return NULL;
	return TAKE(warnings);
}

static bool commit(const struct call *call, const struct profile *profile,
		   const struct recipients *recipients, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	int64_t lifetime = param_duration(call->params, "ends", 0);
	json_auto_t *codes = json_array();
	const struct device_code like = {
		.profile_id = profile->id,
		.created = call->now,
		.ends = lifetime ? call->now + lifetime : 0,
		.uses_max = param_number(call->params, "uses", USES_DEFAULT),
	};

	if (!check_code_uses(like.uses_max, err) || !change_begin(call, &change, err) ||
	    !make_all(call, change.tx, &like, recipients, codes, err))
		return false;
	return change_commit(
		call, &change,
		(struct change_note){
			"device codes of profile", profile->name, json_null(),
			json_pack("{s:I, s:I, s:o}", "made", (json_int_t)recipients->count, "uses",
				  (json_int_t)like.uses_max, "ends", describe_time(like.ends)) },
		json_pack("{s:O, s:o, s:o, s:o}", "codes", codes, "ends", describe_time(like.ends),
			  "next",
			  recipients->more ? json_integer(recipients->last_id) : json_null(),
			  "warnings", describe_warnings(profile)),
		ret, err);
}

static bool make(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(freep) struct recipients *recipients = calloc(1, sizeof *recipients);
	const struct profile *profile;

	if (!recipients)
		return error_set(err, REASON_NO_MEMORY, "codes");
	return find_profile_of(call, &profile, err) && collect(call, profile, recipients, err) &&
	       commit(call, profile, recipients, ret, err);
}

static const struct param make_params[] = {
	{ "profile", PARAM_TEXT, true },
	{ "devices", PARAM_TEXTS, false },
	{ "count", PARAM_NUMBER, false },
	{ "uses", PARAM_NUMBER, false },
	{ "ends", PARAM_DURATION, false },
	{ "after", PARAM_NUMBER, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "device.codes", make, REACH_ACCOUNT, false, make_params },
};
const struct verb_table device_code_verbs = { verbs, ARRAY_LEN(verbs) };
