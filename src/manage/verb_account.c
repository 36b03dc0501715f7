/* Accounts: the tenants of a node. */
#include "manage/access.h"
#include "manage/change.h"
#include "manage/describe.h"
#include "pki/der.h"
#include "store/store_config.h"

static bool check_oid_arc(const char *arc, struct error *err)
{
	CLEANUP(buffer_done) struct buffer contents = { 0 };

	if (arc && !oid_from_text(arc, &contents))
		return error_set(err, REASON_INVALID,
				 "params.oid_arc: %s is no dotted object identifier", arc);
	return true;
}

static json_t *describe_account(const struct account *account)
{
	return json_pack("{s:I, s:o, s:o, s:I}", "id", (json_int_t)account->id, "name",
			 describe_text(account->name), "oid_arc", describe_text(account->oid_arc),
			 "ranges", (json_int_t)account->allowed.count);
}

static bool create(const struct call *call, json_t **ret, struct error *err)
{
	const char *name = param_text(call->params, "name");
	const char *arc = param_text(call->params, "oid_arc");
	CLEANUP(change_done) struct change change = { 0 };
	int64_t id;

	if (!object_name_check(name, err) || !check_oid_arc(arc, err) ||
	    !change_begin(call, &change, err) ||
	    !store_account_insert(change.tx, name, arc ? arc : "", &id, err))
		return false;

	struct account account = { .id = id, .name = (char *)name, .oid_arc = (char *)arc };
	change.account = &account;
	return change_commit(
		call, &change,
		(struct change_note){ "account", name, json_null(), describe_account(&account) },
		json_pack("{s:o}", "account", describe_account(&account)), ret, err);
}

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *accounts = json_array();

	for (size_t i = 0; i < call->catalog->account_count; i++)
		if (access_sees(call->caller, call->catalog->accounts[i].id) &&
		    json_array_append_new(accounts,
					  describe_account(&call->catalog->accounts[i])) != 0)
			return error_set(err, REASON_NO_MEMORY, "accounts");
	return call_return(json_pack("{s:O}", "accounts", accounts), ret, err);
}

static bool show(const struct call *call, json_t **ret, struct error *err)
{
	return call_return(json_pack("{s:o}", "account", describe_account(call->account)), ret,
			   err);
}

static bool set(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	const char *name = param_text(call->params, "name");
	const char *arc = param_text(call->params, "oid_arc");

	if ((name && !object_name_check(name, err)) || !check_oid_arc(arc, err) ||
	    !change_begin(call, &change, err))
		return false;

	struct account after = *change.account;
	after.name = name ? (char *)name : after.name;
	after.oid_arc = arc ? (char *)arc : after.oid_arc;
	return store_account_update(change.tx, after.id, after.name, after.oid_arc, err) &&
	       change_commit(call, &change,
			     (struct change_note){ "account", call->account->name,
						   describe_account(call->account),
						   describe_account(&after) },
			     json_pack("{s:o}", "account", describe_account(&after)), ret, err);
}

static const struct param create_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "oid_arc", PARAM_TEXT, false },
	{ 0 },
};
static const struct param set_params[] = {
	{ "name", PARAM_TEXT, false },
	{ "oid_arc", PARAM_TEXT, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "account.create", create, REACH_NODE, true, create_params },
	{ "account.list", list, REACH_NODE, false, NULL },
	{ "account.show", show, REACH_ACCOUNT, false, NULL },
	{ "account.set", set, REACH_ACCOUNT, true, set_params },
};
const struct verb_table account_verbs = { verbs, ARRAY_LEN(verbs) };
