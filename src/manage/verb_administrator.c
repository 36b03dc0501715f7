/* Administrators: who may use the console and the API, and in which role. */
#include <stdio.h>
#include <string.h>

#include "manage/access.h"
#include "manage/administrator_pin.h"
#include "manage/change.h"
#include "manage/console_identity.h"
#include "manage/credential.h"
#include "manage/credentials_end.h"
#include "manage/describe.h"
#include "store/store_access.h"

#define LINK_SECONDS_DEFAULT ((int64_t)24 * 60 * 60)
#define LINK_SECONDS_MAX ((int64_t)14 * 24 * 60 * 60)

/* -- describing -- */

static json_t *describe_role(const struct catalog *catalog, const struct account_role *role)
{
	const struct account *account = catalog_account(catalog, role->account_id);

	return json_pack("{s:o, s:s}", "account", describe_text(account ? account->name : NULL),
			 "role", role_text(role->role));
}

/* Of roles elsewhere a caller learns nothing. */
static json_t *describe_roles(const struct call *call, const struct administrator *administrator)
{
	json_auto_t *roles = json_array();

	for (size_t i = 0; i < administrator->role_count; i++) {
		const struct account_role *role = &administrator->roles[i];

		if (access_sees(call->caller, role->account_id) &&
		    json_array_append_new(roles, describe_role(call->catalog, role)) != 0)
			return NULL;
	}
	return TAKE(roles);
}

static json_t *describe_administrator(const struct call *call,
				      const struct administrator *administrator)
{
	return json_pack(
		"{s:o, s:b, s:b, s:b, s:o, s:o, s:o}", "name", describe_text(administrator->name),
		"locked", administrator->locked, "has_password", administrator->password_len > 0,
		"has_totp", administrator->totp_len > 0, "certificate",
		pin_describe(&administrator->pin), "created", describe_time(administrator->created),
		"roles", describe_roles(call, administrator));
}

/* By what a browser's warning can be judged, while nobody vouches for the console. */
static json_t *describe_fingerprint(const struct call *call)
{
	CLEANUP(cert_freep) struct cert *self_made = NULL;

	if (!console_identity_find(call->manage, &self_made, NULL) || !self_made)
		return json_null();
	return describe_hex((struct bytes){ cert_fingerprint(self_made), CERT_FINGERPRINT_LEN });
}

static json_t *describe_link(const struct call *call, const struct secret *code, int64_t ends)
{
	const char *url = call->manage->console_url;

	return json_pack("{s:o, s:o, s:o, s:o}", "code",
			 json_stringn((const char *)code->data, code->len), "url",
			 url ? json_sprintf("%s/#/link/%.*s", url, (int)code->len, code->data)
			     : json_null(),
			 "ends", describe_time(ends), "fingerprint", describe_fingerprint(call));
}

/* -- finding -- */

static bool holds_here(const struct call *call, const struct administrator *administrator)
{
	int64_t account_id = call->account ? call->account->id : ACCOUNT_NODE;

	for (size_t i = 0; i < administrator->role_count; i++)
		if (administrator->roles[i].account_id == account_id)
			return true;
	return false;
}

/* Somebody without a role where the caller owns is nobody that the caller knows. */
static bool find(const struct call *call, struct administrator *ret, struct error *err)
{
	const char *name = param_text(call->params, "name");

	if (!store_administrator_find_by_name(call->manage->store, name, ret, err))
		return false;
	if (caller_role(call->caller, ACCOUNT_NODE) != ROLE_NONE || holds_here(call, ret))
		return true;
	return error_set(err, REASON_NOT_FOUND, "administrator %s", name);
}

static bool role_param(const struct call *call, struct account_role *ret, struct error *err)
{
	const char *text = param_text(call->params, "role");

	*ret = (struct account_role){ call->account ? call->account->id : ACCOUNT_NODE,
				      role_by_text(text) };
	return ret->role != ROLE_NONE ||
	       error_set(err, REASON_INVALID,
			 "params.role: %s is none of auditor, ra-operator, administrator, owner",
			 text);
}

/* A node without an owner could be set right over the local socket only. */
static bool check_owner_remains(struct change *change, const struct administrator *administrator,
				struct error *err)
{
	const struct account_role owner = { ACCOUNT_NODE, ROLE_OWNER };
	bool is_owner = false;
	int64_t others = 0;

	for (size_t i = 0; i < administrator->role_count; i++)
		is_owner |= administrator->roles[i].account_id == owner.account_id &&
			    administrator->roles[i].role == owner.role;
	if (!is_owner || administrator->locked)
		return true;
	if (!store_administrator_count(change->tx, owner, administrator->id, &others, err))
		return false;
	return others > 0 ||
	       error_set(err, REASON_CONFLICT, "%s is the node's last owner", administrator->name);
}

/* -- verbs -- */

static bool make_link(const struct call *call, struct change *change, int64_t administrator_id,
		      struct secret *ret, int64_t *ret_ends, struct error *err)
{
	int64_t lasts = param_duration(call->params, "lasts", LINK_SECONDS_DEFAULT);
	unsigned char hash[HASH_LEN];

	if (lasts < 1 || lasts > LINK_SECONDS_MAX)
		return error_set(err, REASON_INVALID, "params.lasts: 1s to 14d");
	*ret_ends = call->now + lasts;
	return credential_make("", ret, hash, err) &&
	       store_login_link_insert(change->tx, hash, administrator_id, *ret_ends, err);
}

static bool create(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(secret_done) struct secret code = { 0 };
	struct administrator administrator;
	struct account_role role;
	const char *name = param_text(call->params, "name");
	int64_t id, ends;

	if (!object_name_check(name, err) || !role_param(call, &role, err) ||
	    !change_begin(call, &change, err) ||
	    !store_administrator_insert(change.tx, name, call->now, &id, err) ||
	    !store_administrator_set_role(change.tx, id, role, err) ||
	    !make_link(call, &change, id, &code, &ends, err) ||
	    !store_administrator_find_tx(change.tx, id, &administrator, err))
		return false;
	json_auto_t *described = describe_administrator(call, &administrator);
	return change_commit(
		call, &change,
		(struct change_note){ "administrator", name, json_null(), json_incref(described) },
		json_pack("{s:O, s:o}", "administrator", described, "link",
			  describe_link(call, &code, ends)),
		ret, err);
}

struct listing {
	const struct call *call;
	json_t *administrators;
	bool failed;
};

static bool each_administrator(void *context, const struct administrator *administrator)
{
	struct listing *listing = context;

	if (!holds_here(listing->call, administrator) &&
	    caller_role(listing->call->caller, ACCOUNT_NODE) == ROLE_NONE)
		return true;
	listing->failed =
		json_array_append_new(listing->administrators,
				      describe_administrator(listing->call, administrator)) != 0;
	return !listing->failed;
}

static bool list(const struct call *call, json_t **ret, struct error *err)
{
	json_auto_t *administrators = json_array();
	struct listing listing = { .call = call, .administrators = administrators };

	if (!store_administrator_list(call->manage->store, each_administrator, &listing, err))
		return false;
	if (listing.failed)
		return error_set(err, REASON_NO_MEMORY, "administrators");
	return call_return(json_pack("{s:O}", "administrators", administrators), ret, err);
}

/* The end of every verb that changes somebody: whoever it is signs in anew. */
static bool commit(const struct call *call, struct change *change,
		   const struct administrator *before, json_t **ret, struct error *err)
{
	struct administrator after;
	size_t ended = 0;

	if (!store_administrator_find_tx(change->tx, before->id, &after, err) ||
	    !credentials_end(call, change, &after, &ended, err))
		return false;
	return change_commit(call, change,
			     (struct change_note){ "administrator", before->name,
						   describe_administrator(call, before),
						   describe_administrator(call, &after) },
			     json_pack("{s:o, s:I}", "administrator",
				       describe_administrator(call, &after), "tokens_ended",
				       (json_int_t)ended),
			     ret, err);
}

static bool change_role(const struct call *call, struct account_role role, json_t **ret,
			struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	struct administrator before;

	if (!find(call, &before, err) || !change_begin(call, &change, err) ||
	    !store_administrator_find_tx(change.tx, before.id, &before, err))
		return false;
	bool demotes = role.account_id == ACCOUNT_NODE && role.role != ROLE_OWNER;
	return (!demotes || check_owner_remains(&change, &before, err)) &&
	       store_administrator_set_role(change.tx, before.id, role, err) &&
	       commit(call, &change, &before, ret, err);
}

static bool grant(const struct call *call, json_t **ret, struct error *err)
{
	struct account_role role;

	return role_param(call, &role, err) && change_role(call, role, ret, err);
}

static bool withdraw(const struct call *call, json_t **ret, struct error *err)
{
	const struct account_role none = { call->account ? call->account->id : ACCOUNT_NODE,
					   ROLE_NONE };

	return change_role(call, none, ret, err);
}

/* For somebody who lost the password or the second factor: both end. */
static bool link(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	CLEANUP(secret_done) struct secret code = { 0 };
	struct administrator administrator;
	int64_t ends;

	if (!find(call, &administrator, err) || !change_begin(call, &change, err) ||
	    !store_administrator_find_tx(change.tx, administrator.id, &administrator, err))
		return false;
	administrator.password_len = 0;
	administrator.totp_len = 0;
	return store_administrator_update(change.tx, &administrator, err) &&
	       store_session_delete_of(change.tx, administrator.id, NULL, err) &&
	       make_link(call, &change, administrator.id, &code, &ends, err) &&
	       change_commit(
		       call, &change,
		       (struct change_note){ "administrator", administrator.name, json_null(),
					     json_pack("{s:o}", "link_ends", describe_time(ends)) },
		       json_pack("{s:o, s:o}", "administrator",
				 describe_administrator(call, &administrator), "link",
				 describe_link(call, &code, ends)),
		       ret, err);
}

static bool set_locked(const struct call *call, bool locked, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	struct administrator before, after;

	if (!find(call, &before, err) || !change_begin(call, &change, err) ||
	    !store_administrator_find_tx(change.tx, before.id, &before, err) ||
	    (locked && !check_owner_remains(&change, &before, err)))
		return false;
	after = before;
	after.locked = locked;
	return store_administrator_update(change.tx, &after, err) &&
	       commit(call, &change, &before, ret, err);
}

static bool lock(const struct call *call, json_t **ret, struct error *err)
{
	return set_locked(call, true, ret, err);
}

static bool unlock(const struct call *call, json_t **ret, struct error *err)
{
	return set_locked(call, false, ret, err);
}

static bool certificate(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	struct administrator before;

	return find(call, &before, err) && change_begin(call, &change, err) &&
	       store_administrator_find_tx(change.tx, before.id, &before, err) &&
	       pin_register(call, &change, &before, false, err) &&
	       commit(call, &change, &before, ret, err);
}

static bool no_certificate(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	struct administrator before;

	return find(call, &before, err) && change_begin(call, &change, err) &&
	       store_administrator_find_tx(change.tx, before.id, &before, err) &&
	       store_administrator_pin_delete(change.tx, before.id, err) &&
	       commit(call, &change, &before, ret, err);
}

static bool remove_administrator(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	struct administrator before;
	size_t ended = 0;

	if (!find(call, &before, err) || !change_begin(call, &change, err) ||
	    !store_administrator_find_tx(change.tx, before.id, &before, err) ||
	    !check_owner_remains(&change, &before, err))
		return false;
	const struct administrator nobody = { .id = before.id };
	return credentials_end(call, &change, &nobody, &ended, err) &&
	       store_administrator_delete(change.tx, before.id, err) &&
	       change_commit(call, &change,
			     (struct change_note){ "administrator", before.name,
						   describe_administrator(call, &before),
						   json_null() },
			     json_pack("{s:o, s:I}", "removed", describe_text(before.name),
				       "tokens_ended", (json_int_t)ended),
			     ret, err);
}

static const struct param create_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "role", PARAM_TEXT, true },
	{ "lasts", PARAM_DURATION, false },
	{ 0 },
};
static const struct param grant_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "role", PARAM_TEXT, true },
	{ 0 },
};
static const struct param link_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "lasts", PARAM_DURATION, false },
	{ 0 },
};
static const struct param name_params[] = {
	{ "name", PARAM_TEXT, true },
	{ 0 },
};

static const struct param certificate_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "certificate", PARAM_FILE, true },
	{ "key", PARAM_FLAG, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "administrator.create", create, REACH_NODE, false, create_params },
	{ "administrator.list", list, REACH_NODE, false, NULL },
	{ "administrator.grant", grant, REACH_NODE, false, grant_params },
	{ "administrator.withdraw", withdraw, REACH_NODE, false, name_params },
	{ "administrator.link", link, REACH_NODE, false, link_params },
	{ "administrator.lock", lock, REACH_NODE, false, name_params },
	{ "administrator.unlock", unlock, REACH_NODE, false, name_params },
	/* the listener is told whether anybody's certificate is to be asked for */
	{ "administrator.certificate", certificate, REACH_NODE, true, certificate_params },
	{ "administrator.no-certificate", no_certificate, REACH_NODE, true, name_params },
	{ "administrator.remove", remove_administrator, REACH_NODE, true, name_params },
};
const struct verb_table administrator_verbs = { verbs, ARRAY_LEN(verbs) };
