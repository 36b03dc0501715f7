/* The addresses that EST requests of an account may come from. */
#include <string.h>

#include "manage/change.h"
#include "manage/describe.h"
#include "store/store_config.h"

static json_t *describe_range(const struct address_range *range)
{
	char first[ADDRESS_TEXT_MAX], last[ADDRESS_TEXT_MAX];

	return json_pack("{s:s, s:s, s:b}", "first", address_to_text(&range->first, first), "last",
			 address_to_text(&range->last, last), "everywhere",
			 address_range_is_everywhere(range));
}

static bool same_range(const struct address_range *a, const struct address_range *b)
{
	return address_compare(&a->first, &b->first) == 0 &&
	       address_compare(&a->last, &b->last) == 0;
}

/* -- the list as the store has it -- */

struct listed {
	json_t *addresses;                 /* described, where wanted */
	const struct address_range *range; /* looked for, or NULL */
	int64_t id;                        /* looked for, or 0 */
	size_t count;
	bool found, failed;
};

static json_t *describe_address(const struct store_address *address)
{
	json_auto_t *json = describe_range(&address->range);

	if (json_object_set_new(json, "id", json_integer(address->id)) != 0 ||
	    json_object_set_new(json, "text", describe_text(address->text)) != 0 ||
	    json_object_set_new(json, "comment", describe_text(address->comment)) != 0)
		return NULL;
	return TAKE(json);
}

static bool each_address(void *context, const struct store_address *address)
{
	struct listed *listed = context;

	listed->count++;
	if (listed->range && same_range(listed->range, &address->range))
		listed->found = true;
	if (listed->addresses && (listed->id == 0 || listed->id == address->id))
		listed->failed |=
			json_array_append_new(listed->addresses, describe_address(address)) != 0;
	return !listed->failed;
}

static bool read_list(const struct call *call, struct listed *listed, struct error *err)
{
	if (!store_address_list(call->manage->store, call->account->id, each_address, listed, err))
		return false;
	return !listed->failed || error_set(err, REASON_NO_MEMORY, "addresses");
}

/* -- adding -- */

static bool parse_one(const char *text, struct address_range *ret, struct error *err)
{
	struct error why = { 0 };

	if (address_range_parse(text, ret, &why))
		return true;
	return error_set(err, why.reason, "%s: %s", text, why.detail);
}

/* The same range twice in one request is one range. */
static bool is_among(const json_t *items, const json_t *item)
{
	size_t i;
	json_t *other;

	json_array_foreach((json_t *)items, i,
			   other) if (json_equal(json_object_get(other, "first"),
						 json_object_get(item, "first")) &&
				      json_equal(json_object_get(other, "last"),
						 json_object_get(item, "last"))) return true;
	return false;
}

static bool understand(const struct call *call, const char *text, json_t *items,
		       struct address_range *ret, bool *ret_present, struct error *err)
{
	struct listed listed = { .range = ret };

	if (!parse_one(text, ret, err) || !read_list(call, &listed, err))
		return false;

	json_auto_t *item = describe_range(ret);
	*ret_present = listed.found || is_among(items, item);
	if (json_object_set_new(item, "text", describe_text(text)) != 0 ||
	    json_object_set_new(item, "present", json_boolean(*ret_present)) != 0 ||
	    json_array_append(items, item) != 0)
		return error_set(err, REASON_NO_MEMORY, "addresses");
	return true;
}

static bool check_texts(const struct call *call, struct error *err)
{
	if (json_array_size(param_list(call->params, "texts")) == 0)
		return error_set(err, REASON_INVALID, "params.texts: name at least one address");
	return true;
}

/* First and last of what was understood, before it is saved. */
static bool preview(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *items = json_array();
	const json_t *texts = param_list(call->params, "texts");

	if (!check_texts(call, err))
		return false;
	for (size_t i = 0; i < json_array_size(texts); i++) {
		const char *text = json_string_value(json_array_get(texts, i));
		struct address_range range;
		bool present;

		if (!understand(call, text, items, &range, &present, err))
			return false;
	}
	return call_return(json_pack("{s:O}", "items", items), ret, err);
}

static bool check_confirmed_everywhere(const struct call *call, const char *text,
				       const struct address_range *range, struct error *err)
{
	const char *confirm = param_text(call->params, "confirm");

	if (!address_range_is_everywhere(range) || (confirm && strcmp(confirm, "any") == 0))
		return true;
	return error_set(err, REASON_NEEDS_CONFIRMATION,
			 "%s lets the whole Internet ask; --confirm=any", text);
}

static bool add_one(const struct call *call, struct change *change, const char *text, json_t *items,
		    struct error *err)
{
	const char *comment = param_text(call->params, "comment");
	struct address_range range;
	bool present;
	int64_t id;

	return understand(call, text, items, &range, &present, err) &&
	       check_confirmed_everywhere(call, text, &range, err) &&
	       (present || store_address_insert(change->tx, call->account->id, text,
						comment ? comment : "", &range, &id, err));
}

/* All or none. */
static bool add(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	json_auto_t *items = json_array();
	const json_t *texts = param_list(call->params, "texts");

	if (!check_texts(call, err) || !change_begin(call, &change, err))
		return false;
	for (size_t i = 0; i < json_array_size(texts); i++)
		if (!add_one(call, &change, json_string_value(json_array_get(texts, i)), items,
			     err))
			return false;
	return change_commit(call, &change,
			     (struct change_note){ "allow", call->account->name, json_null(),
						   json_deep_copy(items) },
			     json_pack("{s:O}", "items", items), ret, err);
}

/* -- listing, asking, removing -- */

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *addresses = json_array();
	struct listed listed = { .addresses = addresses };

	return read_list(call, &listed, err) &&
	       call_return(json_pack("{s:O}", "addresses", addresses), ret, err);
}

static bool test(const struct call *call, json_t **ret, struct error *err)
{
	struct address address;
	char text[ADDRESS_TEXT_MAX];

	return address_parse(param_text(call->params, "address"), &address, err) &&
	       call_return(json_pack("{s:s, s:b}", "address", address_to_text(&address, text),
				     "allowed",
				     address_set_holds(&call->account->allowed, &address)),
			   ret, err);
}

/* An empty list lets nobody in. */
static bool check_confirmed_last(const struct call *call, const struct change *change,
				 size_t listed, struct error *err)
{
	const char *confirm = param_text(call->params, "confirm");
	size_t profiles = count_active_profiles(change->catalog, change->account);

	if (listed > 1 || profiles == 0 || (confirm && strcmp(confirm, "last") == 0))
		return true;
	return error_set(err, REASON_NEEDS_CONFIRMATION,
			 "it is the last address: every device of %zu active profile%s would be "
			 "refused; --confirm=last",
			 profiles, profiles == 1 ? "" : "s");
}

static bool remove_address(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	json_auto_t *removed = json_array();
	struct listed listed = { .addresses = removed, .id = param_number(call->params, "id", 0) };

	if (!change_begin(call, &change, err) || !read_list(call, &listed, err))
		return false;
	if (json_array_size(removed) != 1)
		return error_set(err, REASON_NOT_FOUND, "address %lld", (long long)listed.id);

	json_t *address = json_array_get(removed, 0);
	return check_confirmed_last(call, &change, listed.count, err) &&
	       store_address_delete(change.tx, change.account->id, listed.id, err) &&
	       change_commit(call, &change,
			     (struct change_note){ "allow", call->account->name,
						   json_incref(address), json_null() },
			     json_pack("{s:O}", "removed", address), ret, err);
}

static const struct param preview_params[] = {
	{ "texts", PARAM_TEXTS, true },
	{ 0 },
};
static const struct param add_params[] = {
	{ "texts", PARAM_TEXTS, true },
	{ "comment", PARAM_TEXT, false },
	{ "confirm", PARAM_TEXT, false },
	{ 0 },
};
static const struct param test_params[] = {
	{ "address", PARAM_TEXT, true },
	{ 0 },
};
static const struct param remove_params[] = {
	{ "id", PARAM_NUMBER, true },
	{ "confirm", PARAM_TEXT, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "allow.preview", preview, REACH_ACCOUNT, false, preview_params },
	{ "allow.add", add, REACH_ACCOUNT, true, add_params },
	{ "allow.list", list, REACH_ACCOUNT, false, NULL },
	{ "allow.remove", remove_address, REACH_ACCOUNT, true, remove_params },
	{ "allow.test", test, REACH_ACCOUNT, false, test_params },
};
const struct verb_table allow_verbs = { verbs, ARRAY_LEN(verbs) };
