/* API tokens: for programs, on one account or on the node, shown once. */
#include <stdio.h>

#include "manage/access.h"
#include "manage/change.h"
#include "manage/credential.h"
#include "manage/describe.h"
#include "store/store_access.h"

#define TOKEN_PREFIX "est_"
#define LASTS_DEFAULT ((int64_t)365 * 24 * 60 * 60)
#define LASTS_MAX ((int64_t)5 * 365 * 24 * 60 * 60)

static int64_t account_of(const struct call *call)
{
	return call->account ? call->account->id : ACCOUNT_NODE;
}

static json_t *describe_token(const struct call *call, const struct api_token *token)
{
	const struct account *account = catalog_account(call->catalog, token->role.account_id);

	return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o}", "name", describe_text(token->name),
			 "account", describe_text(account ? account->name : NULL), "role",
			 role_text(token->role.role), "created_by",
			 describe_text(token->created_by), "created", describe_time(token->created),
			 "ends", describe_time(token->ends), "last_used",
			 describe_time(token->last_used));
}

/* Nobody gives away more than they hold. */
static bool role_param(const struct call *call, struct account_role *ret, struct error *err)
{
	const char *text = param_text(call->params, "role");

	*ret = (struct account_role){ account_of(call), role_by_text(text) };
	if (ret->role == ROLE_NONE)
		return error_set(
			err, REASON_INVALID,
			"params.role: %s is none of auditor, ra-operator, administrator, owner",
			text);
	return ret->role <= caller_role(call->caller, ret->account_id) ||
	       error_set(err, REASON_NOT_PERMITTED, "the role %s is above your own", text);
}

static bool lasts_param(const struct call *call, int64_t *ret_ends, struct error *err)
{
	int64_t lasts = param_duration(call->params, "lasts", LASTS_DEFAULT);

	if (lasts < 1 || lasts > LASTS_MAX)
		return error_set(err, REASON_INVALID, "params.lasts: 1s to 5y");
	*ret_ends = call->now + lasts;
	return true;
}

/* Who was let in may have been removed, locked or given less since: within the transaction nobody
 * is. */
static bool check_maker(struct change *change, const struct api_token *token, struct error *err)
{
	struct administrator maker;

	if (token->administrator_id == 0)
		return true;
	return store_administrator_find_tx(change->tx, token->administrator_id, &maker, err) &&
	       (administrator_may_have(&maker, token) ||
		error_set(err, REASON_NOT_PERMITTED, "the role %s is above your own",
			  role_text(token->role.role)));
}

static bool create(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(secret_done) struct secret text = { 0 };
	struct api_token token = { .created = call->now,
				   .administrator_id = call->caller->administrator_id };
	const char *name = param_text(call->params, "name");

	if (!object_name_check(name, err) || !role_param(call, &token.role, err) ||
	    !lasts_param(call, &token.ends, err) ||
	    !credential_make(TOKEN_PREFIX, &text, token.token_hash, err))
		return false;
	snprintf(token.name, sizeof token.name, "%s", name);
	snprintf(token.created_by, sizeof token.created_by, "%s", call->actor);
	if (!change_begin(call, &change, err) || !check_maker(&change, &token, err) ||
	    !store_api_token_insert(change.tx, &token, &token.id, err))
		return false;
	json_auto_t *described = describe_token(call, &token);
	return change_commit(
		call, &change,
		(struct change_note){ "token", name, json_null(), json_incref(described) },
		json_pack("{s:O, s:o}", "token", described, "secret",
			  json_stringn((const char *)text.data, text.len)),
		ret, err);
}

struct listing {
	const struct call *call;
	json_t *tokens;
	bool failed;
};

static bool each_token(void *context, const struct api_token *token)
{
	struct listing *listing = context;

	listing->failed =
		json_array_append_new(listing->tokens, describe_token(listing->call, token)) != 0;
	return !listing->failed;
}

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *tokens = json_array();
	struct listing listing = { .call = call, .tokens = tokens };

	if (!store_api_token_list(call->manage->store, account_of(call), each_token, &listing, err))
		return false;
	if (listing.failed)
		return error_set(err, REASON_NO_MEMORY, "tokens");
	return call_return(json_pack("{s:O}", "tokens", tokens), ret, err);
}

static bool revoke(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	const char *name = param_text(call->params, "name");

	return change_begin(call, &change, err) &&
	       store_api_token_delete(change.tx, account_of(call), name, err) &&
	       change_commit(
		       call, &change,
		       (struct change_note){ "token", name, json_string("in force"), json_null() },
		       json_pack("{s:o}", "revoked", describe_text(name)), ret, err);
}

static const struct param create_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "role", PARAM_TEXT, true },
	{ "lasts", PARAM_DURATION, false },
	{ 0 },
};
static const struct param name_params[] = {
	{ "name", PARAM_TEXT, true },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "token.create", create, REACH_NODE, false, create_params },
	{ "token.list", list, REACH_NODE, false, NULL },
	{ "token.revoke", revoke, REACH_NODE, false, name_params },
};
const struct verb_table token_verbs = { verbs, ARRAY_LEN(verbs) };
