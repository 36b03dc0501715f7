/* Who asks by way of the API: a session or a token, judged anew for each request. */
#include <stdio.h>
#include <string.h>

#include "manage/access.h"
#include "manage/administrator_pin.h"
#include "store/store_access.h"

/* A session or token is marked as used at most so often. */
#define TOUCH_SECONDS 60

/* One answer for what never was, what ended and what is locked. */
static bool nobody(struct error *err)
{
	return error_set(err, REASON_SIGNED_OUT, "the credential is not valid, or no longer");
}

/* What is not found is nobody; a store that cannot be read is an error of its own. */
static bool not_found_is_nobody(const struct error *failure, struct error *err)
{
	if (failure->reason == REASON_NOT_FOUND)
		return nobody(err);
	if (err)
		*err = *failure;
	return false;
}

/* When it was used is good to know, and worth no wait. */
static void touch_session(const struct manage *manage, const struct session *session, int64_t now)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;

	if (now >= session->last_seen + TOUCH_SECONDS && store_begin(manage->store, &tx, NULL) &&
	    store_session_touch(tx, session->token_hash, now, NULL))
		(void)!store_commit_lazily(TAKE(tx), NULL);
}

static bool identify_session(const struct manage *manage, const struct api_request *request,
			     const unsigned char hash[HASH_LEN], int64_t now, struct caller *ret,
			     struct error *err)
{
	struct administrator administrator;
	struct session session;
	struct error failure = { 0 };

	if (!store_session_find(manage->store, hash, &session, &failure) ||
	    !store_administrator_find(manage->store, session.administrator_id, &administrator,
				      &failure))
		return not_found_is_nobody(&failure, err);
	if (administrator.locked || now >= session.last_seen + SESSION_IDLE_SECONDS ||
	    now >= session.created + SESSION_MAX_SECONDS)
		return nobody(err);
	if (!pin_shown(&session.pin, request->certificate, now, err))
		return false;
	if (!request->is_background)
		touch_session(manage, &session, now);

	*ret = (struct caller){ .administrator_id = administrator.id,
				.has_session = true,
				.role_count = administrator.role_count };
	snprintf(ret->actor, sizeof ret->actor, "administrator:%s", administrator.name);
	memcpy(ret->session_hash, hash, HASH_LEN);
	memcpy(ret->roles, administrator.roles, sizeof ret->roles);
	return true;
}

static void touch_token(const struct manage *manage, const struct api_token *token, int64_t now)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;

	if (now >= token->last_used + TOUCH_SECONDS && store_begin(manage->store, &tx, NULL) &&
	    store_api_token_touch(tx, token->id, now, NULL))
		(void)!store_commit_lazily(TAKE(tx), NULL);
}

/* Its maker may have lost the right that it was made by, whatever became of the token. */
static bool check_maker(const struct manage *manage, const struct api_token *token,
			struct error *err)
{
	struct administrator maker;
	struct error failure = { 0 };

	if (token->administrator_id == 0)
		return true;
	if (!store_administrator_find(manage->store, token->administrator_id, &maker, &failure))
		return not_found_is_nobody(&failure, err);
	return administrator_may_have(&maker, token) || nobody(err);
}

static bool identify_token(const struct manage *manage, const unsigned char hash[HASH_LEN],
			   int64_t now, struct caller *ret, struct error *err)
{
	struct api_token token;
	struct error failure = { 0 };

	if (!store_api_token_find(manage->store, hash, &token, &failure))
		return not_found_is_nobody(&failure, err);
	if (token.ends != 0 && now >= token.ends)
		return nobody(err);
	if (!check_maker(manage, &token, err))
		return false;
	touch_token(manage, &token, now);

	*ret = (struct caller){ .administrator_id = token.administrator_id,
				.roles = { token.role },
				.role_count = 1 };
	snprintf(ret->actor, sizeof ret->actor, "token:%s", token.name);
	return true;
}

bool access_identify(const struct manage *manage, const struct api_request *request, int64_t now,
		     struct caller *ret, struct error *err)
{
	unsigned char hash[HASH_LEN];

	if (!hash_sha256(request->credential, hash, err))
		return false;
	switch (request->kind) {
	case CREDENTIAL_NONE:
		*ret = (struct caller){ 0 };
		return true;
	case CREDENTIAL_SESSION:
		return identify_session(manage, request, hash, now, ret, err);
	case CREDENTIAL_TOKEN:
		return identify_token(manage, hash, now, ret, err);
	case CREDENTIAL_COUNT:
		break;
	}
	return nobody(err);
}
