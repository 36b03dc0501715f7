#include "manage/credentials_end.h"

#include <string.h>

#include "store/store_access.h"

/* Gathered first: a list is not read while it is cut. */
struct ending {
	const struct administrator *present;
	struct buffer tokens; /* of struct api_token */
};

static void ending_done(struct ending *ending)
{
	buffer_done(&ending->tokens);
}

static bool each_token(void *context, const struct api_token *token)
{
	struct ending *ending = context;

	if (!administrator_may_have(ending->present, token))
		buffer_append(&ending->tokens,
			      (struct bytes){ (const unsigned char *)token, sizeof *token });
	return buffer_ok(&ending->tokens);
}

static bool end_token(const struct call *call, struct change *change, const struct api_token *token,
		      struct error *err)
{
	return store_api_token_delete_by_id(change->tx, token->id, err) &&
	       change_audit(call, change,
			    (struct change_note){ "token", token->name, json_string("in force"),
						  json_null() },
			    err);
}

static bool end_tokens(const struct call *call, struct change *change,
		       const struct administrator *present, size_t *ret, struct error *err)
{
	CLEANUP(ending_done) struct ending ending = { .present = present };
	struct api_token token;

	if (!store_api_token_list_of(change->tx, present->id, each_token, &ending, err))
		return false;
	if (!buffer_ok(&ending.tokens))
		return error_set(err, REASON_NO_MEMORY, "tokens");
	for (size_t at = 0; at < ending.tokens.len; at += sizeof token) {
		memcpy(&token, ending.tokens.data + at, sizeof token);
		if (!end_token(call, change, &token, err))
			return false;
		(*ret)++;
	}
	return true;
}

bool credentials_end(const struct call *call, struct change *change,
		     const struct administrator *present, size_t *ret_tokens, struct error *err)
{
	const unsigned char *own =
		call->caller->has_session && present->id == call->caller->administrator_id
			? call->caller->session_hash
			: NULL;

	*ret_tokens = 0;
	return store_session_delete_of(change->tx, present->id, own, err) &&
	       end_tokens(call, change, present, ret_tokens, err);
}
