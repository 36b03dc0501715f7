/* Signing in and out, and what one may change of oneself. */
#include <stdio.h>
#include <string.h>

#include "manage/access.h"
#include "manage/administrator_pin.h"
#include "manage/change.h"
#include "manage/credential.h"
#include "manage/describe.h"
#include "manage/sign_in.h"
#include "manage/totp.h"
#include "store/store_access.h"

/* -- beginning a session -- */

static json_t *describe_roles(const struct call *call, const struct account_role *roles,
			      size_t count)
{
	json_auto_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct account *account = catalog_account(call->catalog, roles[i].account_id);
		json_t *role = json_pack("{s:o, s:s}", "account",
					 describe_text(account ? account->name : NULL), "role",
					 role_text(roles[i].role));

		if (json_array_append_new(list, role) != 0)
			return NULL;
	}
	return TAKE(list);
}

static json_t *describe_self(const struct call *call, const struct administrator *administrator)
{
	return json_pack("{s:o, s:b, s:b, s:o, s:o}", "name", describe_text(administrator->name),
			 "has_password", administrator->password_len > 0, "has_totp",
			 administrator->totp_len > 0, "certificate",
			 pin_describe(&administrator->pin), "roles",
			 describe_roles(call, administrator->roles, administrator->role_count));
}

static json_t *describe_session(const struct call *call, const struct administrator *administrator,
				const struct secret *token)
{
	char csrf[CSRF_TOKEN_LEN + 1];

	if (!csrf_token(secret_view(token), csrf, NULL))
		return NULL;
	return json_pack("{s:o, s:s, s:o, s:o}", "token",
			 json_stringn((const char *)token->data, token->len), "csrf", csrf, "ends",
			 describe_time(call->now + SESSION_MAX_SECONDS), "administrator",
			 describe_self(call, administrator));
}

static bool insert_session(const struct call *call, struct change *change,
			   const struct administrator *administrator,
			   const unsigned char hash[HASH_LEN], struct error *err)
{
	struct session session = { .administrator_id = administrator->id,
				   .created = call->now,
				   .last_seen = call->now,
				   .pin = administrator->pin };

	memcpy(session.token_hash, hash, HASH_LEN);
	address_to_text(call->peer, session.peer);
	return store_session_sweep(change->tx, call->now - SESSION_MAX_SECONDS,
				   call->now - SESSION_IDLE_SECONDS, err) &&
	       store_session_insert(change->tx, &session, err);
}

/* Always a new token: one that somebody planted before signing in is worth nothing after it. */
static bool begin_session(const struct call *call, struct change *change,
			  const struct administrator *administrator, json_t **ret,
			  struct error *err)
{
	CLEANUP(secret_done) struct secret token = { 0 };
	unsigned char hash[HASH_LEN];
	char peer[ADDRESS_TEXT_MAX];

	return credential_make("", &token, hash, err) &&
	       insert_session(call, change, administrator, hash, err) &&
	       change_commit(call, change,
			     (struct change_note){ "session of", administrator->name, json_null(),
						   json_pack("{s:s}", "peer",
							     address_to_text(call->peer, peer)) },
			     describe_session(call, administrator, &token), ret, err);
}

static bool check_totp(const struct call *call, struct administrator *administrator,
		       struct error *err)
{
	const char *code = param_text(call->params, "totp");

	if (administrator->totp_len == 0)
		return true;
	if (!code)
		return error_set(err, REASON_TOTP_WANTED, "a one-time password is needed too");
	if (totp_check(administrator, call->manage->pepper, code, call->now))
		return true;
	sign_in_note_failure(call->manage->sign_in, call->peer);
	return error_set(err, REASON_BAD_SIGN_IN, "name, password or one-time password");
}

/* Whoever was let in by a password that has just been changed is not, nor who was just locked, nor
 * without a certificate that has just been registered. */
static bool check_same(const struct administrator *checked, const struct administrator *present,
		       struct error *err)
{
	return (!present->locked && checked->password_len == present->password_len &&
		memcmp(checked->password, present->password, present->password_len) == 0 &&
		pin_equal(&checked->pin, &present->pin)) ||
	       error_set(err, REASON_BAD_SIGN_IN, "the password was just changed");
}

/* Within the transaction, so that a code used twice at the same time counts once. */
static bool use_totp(const struct call *call, struct change *change,
		     struct administrator *administrator, struct error *err)
{
	const struct administrator checked = *administrator;

	if (!store_administrator_find_tx(change->tx, administrator->id, administrator, err) ||
	    !check_same(&checked, administrator, err) || !check_totp(call, administrator, err))
		return false;
	return administrator->totp_len == 0 ||
	       store_administrator_update(change->tx, administrator, err);
}

static bool create(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	struct administrator administrator = { 0 };
	struct error missing = { 0 };
	bool found = store_administrator_find_by_name(
		call->manage->store, param_text(call->params, "name"), &administrator, &missing);

	if (!found && missing.reason != REASON_NOT_FOUND) {
		*err = missing;
		return false;
	}
	return sign_in_check(call->manage->sign_in, found ? &administrator : NULL, call->peer,
			     param_secret(call->params, "password"), err) &&
	       pin_check(call, &administrator, err) && change_begin(call, &change, err) &&
	       use_totp(call, &change, &administrator, err) &&
	       begin_session(call, &change, &administrator, ret, err);
}

static bool take_link(const struct call *call, struct change *change,
		      const unsigned char hash[HASH_LEN], struct administrator *ret,
		      struct error *err)
{
	struct error failure = { 0 };
	int64_t id;

	if (store_login_link_take(change->tx, hash, call->now, &id, &failure) &&
	    store_administrator_find_tx(change->tx, id, ret, &failure) && !ret->locked)
		return true;
	return error_set(err, REASON_BAD_SIGN_IN, "the link was used, has ended, or never was");
}

/* Who comes without the certificate takes no link away, and a link takes nothing from what is
 * required: so it is looked at first, and taken when all else is right. */
static bool whose_link(const struct call *call, const unsigned char hash[HASH_LEN],
		       struct administrator *ret, struct error *err)
{
	CLEANUP(change_done) struct change looked = { 0 };

	return change_begin(call, &looked, err) && take_link(call, &looked, hash, ret, err);
}

static bool redeem(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	struct administrator found, administrator;
	unsigned char hash[HASH_LEN];

	return hash_sha256(param_secret(call->params, "code"), hash, err) &&
	       whose_link(call, hash, &found, err) && pin_check(call, &found, err) &&
	       change_begin(call, &change, err) &&
	       take_link(call, &change, hash, &administrator, err) &&
	       check_same(&found, &administrator, err) &&
	       begin_session(call, &change, &administrator, ret, err);
}

/* -- the present one -- */

static bool find_self(const struct call *call, struct administrator *ret, struct error *err)
{
	if (!call->caller->has_session)
		return error_set(err, REASON_NOT_PERMITTED, "only somebody who has signed in");
	return store_administrator_find(call->manage->store, call->caller->administrator_id, ret,
					err);
}

static bool show(const struct call *call, json_t **ret, struct error *err)
{
	struct administrator administrator = { 0 };

	if (call->caller->has_session && !find_self(call, &administrator, err))
		return false;
	return call_return(
		json_pack("{s:s, s:o, s:o}", "actor", call->caller->actor, "administrator",
			  call->caller->has_session ? describe_self(call, &administrator)
						    : json_null(),
			  "roles",
			  describe_roles(call, call->caller->roles, call->caller->role_count)),
		ret, err);
}

static bool end(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	struct administrator administrator;

	return find_self(call, &administrator, err) && change_begin(call, &change, err) &&
	       store_session_delete(change.tx, call->caller->session_hash, err) &&
	       change_commit(call, &change,
			     (struct change_note){ "session of", administrator.name,
						   json_string("signed in"), json_null() },
			     json_pack("{s:b}", "ended", true), ret, err);
}

/* -- one's own password and second factor -- */

static bool check_present_password(const struct call *call,
				   const struct administrator *administrator, struct error *err)
{
	return administrator->password_len == 0 ||
	       sign_in_check(call->manage->sign_in, administrator, call->peer,
			     param_secret(call->params, "present"), err);
}

static bool password(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	struct administrator chosen, administrator;

	if (!find_self(call, &administrator, err) ||
	    !check_present_password(call, &administrator, err))
		return false;
	chosen = administrator;
	if (!sign_in_set_password(&chosen, param_secret(call->params, "password"), err) ||
	    !change_begin(call, &change, err) ||
	    !store_administrator_find_tx(change.tx, chosen.id, &administrator, err))
		return false;
	memcpy(administrator.password, chosen.password, sizeof chosen.password);
	administrator.password_len = chosen.password_len;
	/* whoever knew the old one is out */
	return store_administrator_update(change.tx, &administrator, err) &&
	       store_session_delete_of(change.tx, administrator.id, call->caller->session_hash,
				       err) &&
	       change_commit(
		       call, &change,
		       (struct change_note){ "password of", administrator.name, json_null(),
					     json_null() },
		       json_pack("{s:o}", "administrator", describe_self(call, &administrator)),
		       ret, err);
}

static json_t *describe_secret(const struct call *call, const struct administrator *administrator)
{
	char secret[TOTP_SECRET_TEXT_MAX];

	if (administrator->totp_len == 0)
		return json_pack("{s:b}", "has_totp", false);
	if (!totp_secret_text(administrator, call->manage->pepper, secret, NULL))
		return NULL;
	return json_pack("{s:b, s:s, s:o}", "has_totp", true, "secret", secret, "uri",
			 json_sprintf("otpauth://totp/Bestow:%s?secret=%s&issuer=Bestow",
				      administrator->name, secret));
}

/* Shown once, here: there is no verb that reads it. */
static bool totp(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	struct administrator administrator;
	bool wanted = param_flag(call->params, "enable");

	if (!find_self(call, &administrator, err) ||
	    !check_present_password(call, &administrator, err) ||
	    !change_begin(call, &change, err) ||
	    !store_administrator_find_tx(change.tx, administrator.id, &administrator, err))
		return false;
	administrator.totp_len = 0;
	if (wanted && !totp_begin(&administrator, err))
		return false;
	return store_administrator_update(change.tx, &administrator, err) &&
	       change_commit(call, &change,
			     (struct change_note){ "second factor of", administrator.name,
						   json_null(), json_boolean(wanted) },
			     describe_secret(call, &administrator), ret, err);
}

/* Where nothing is registered any more, browsers are not asked for it either. */
static bool keep_own_session(const struct call *call, struct change *change,
			     const struct administrator *administrator, struct error *err)
{
	return store_session_delete_of(change->tx, administrator->id, call->caller->session_hash,
				       err) &&
	       (administrator->pin.kind != PIN_NONE ||
		store_session_unbind(change->tx, call->caller->session_hash, err));
}

/* From the next sign-in on; who has signed in stays. */
static bool own_certificate(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(change_done) struct change change = { 0 };
	struct administrator administrator;

	if (!find_self(call, &administrator, err) ||
	    !check_present_password(call, &administrator, err) ||
	    !change_begin(call, &change, err) ||
	    !store_administrator_find_tx(change.tx, administrator.id, &administrator, err))
		return false;
	json_t *before = pin_describe(&administrator.pin);
	bool done = pin_register(call, &change, &administrator, true, err) &&
		    store_administrator_find_tx(change.tx, administrator.id, &administrator, err) &&
		    keep_own_session(call, &change, &administrator, err);
	if (!done) {
		json_decref(before);
		return false;
	}
	return change_commit(
		call, &change,
		(struct change_note){ "certificate of", administrator.name, before,
				      pin_describe(&administrator.pin) },
		json_pack("{s:o}", "administrator", describe_self(call, &administrator)), ret, err);
}

static const struct param create_params[] = {
	{ "name", PARAM_TEXT, true },
	{ "password", PARAM_SECRET, true },
	{ "totp", PARAM_TEXT, false },
	{ 0 },
};
static const struct param redeem_params[] = {
	{ "code", PARAM_SECRET, true },
	{ 0 },
};
static const struct param password_params[] = {
	{ "present", PARAM_SECRET, false },
	{ "password", PARAM_SECRET, true },
	{ 0 },
};
static const struct param totp_params[] = {
	{ "present", PARAM_SECRET, false },
	{ "enable", PARAM_FLAG, true },
	{ 0 },
};

static const struct param own_certificate_params[] = {
	{ "present", PARAM_SECRET, false },
	{ "certificate", PARAM_FILE, false },
	{ "key", PARAM_FLAG, false },
	{ 0 },
};

static const struct verb verbs[] = {
	{ "session.create", create, REACH_NODE, false, create_params },
	{ "session.redeem", redeem, REACH_NODE, false, redeem_params },
	{ "session.show", show, REACH_NODE, false, NULL },
	{ "session.end", end, REACH_NODE, false, NULL },
	{ "administrator.password", password, REACH_NODE, false, password_params },
	{ "administrator.totp", totp, REACH_NODE, false, totp_params },
	{ "administrator.own-certificate", own_certificate, REACH_NODE, true,
	  own_certificate_params },
};
const struct verb_table session_verbs = { verbs, ARRAY_LEN(verbs) };
