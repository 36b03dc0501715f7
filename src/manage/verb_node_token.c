#include "manage/verb_node_token.h"

#include <string.h>

#include "manage/describe.h"

static const struct ca *find_user_of(const struct catalog *catalog, const char *key_name)
{
	for (size_t i = 0; i < catalog->ca_count; i++)
		if (*key_name && strcmp(catalog->cas[i].key_name, key_name) == 0)
			return &catalog->cas[i];
	return NULL;
}

static json_t *describe_token_key(const struct call *call, const struct token_key *key)
{
	const struct ca *ca = find_user_of(call->catalog, key->key_name);
	const char *type = key_type_text(key->type), *id = strchr(key->key_name, ':');

	return json_pack("{s:o, s:s?, s:s, s:o}", "label", describe_text(key->label), "id",
			 id ? id + 1 : NULL, "type", type ? type : "another", "ca",
			 ca ? describe_text(ca->name) : json_null());
}

static bool describe_token_keys(const struct call *call, json_t **ret, struct error *err)
{
	CLEANUP(freep) struct token_key *keys = calloc(TOKEN_KEYS_MAX, sizeof *keys);
	json_auto_t *list = json_array();
	size_t count = 0;

	if (!keys || !list)
		return error_set(err, REASON_NO_MEMORY, "keys");
	if (!signer_token_keys(call->manage->signer, keys, TOKEN_KEYS_MAX, &count, err))
		return false;
	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(list, describe_token_key(call, &keys[i])) != 0)
			return error_set(err, REASON_NO_MEMORY, "keys");
	*ret = TAKE(list);
	return true;
}

bool node_token(const struct call *call, json_t **ret, struct error *err)
{
	struct token_standing standing;
	json_t *keys = NULL;

	if (!signer_token_standing(call->manage->signer, &standing))
		return error_set(err, REASON_NOT_FOUND, "[token] is not configured");
	if (standing.is_ready && !describe_token_keys(call, &keys, err))
		return false;
	return call_return(json_pack("{s:{s:b, s:o, s:o, s:o, s:o, s:o}}", "token", "ready",
				     standing.is_ready, "detail", describe_text(standing.detail),
				     "manufacturer", describe_text(standing.manufacturer), "model",
				     describe_text(standing.model), "serial",
				     describe_text(standing.serial), "keys",
				     keys ? keys : json_array()),
			   ret, err);
}
