#include <string.h>

#include "api/exchange.h"
#include "base/secret.h"

json_t *request_make(const char *verb, const json_t *captured, json_t *params)
{
	json_auto_t *request = json_pack("{s:s, s:o}", "verb", verb, "params", params);
	const char *name;
	json_t *value;

	if (!request)
		return NULL;
	json_object_foreach((json_t *)(uintptr_t)captured, name, value)
	{
		json_t *home = strcmp(name, "account") == 0 ? request : params;

		if (json_object_set(home, name, value) != 0)
			return NULL;
	}
	return TAKE(request);
}

bool request_send(const struct api *api, const struct api_credential *credential,
		  const json_t *request,
		  void (*done)(void *call, struct bytes reply, const struct error *err),
		  void *context)
{
	char *text = json_dumps(request, JSON_COMPACT);
	const struct api_request message = { .kind = credential->kind,
					     .credential = credential->text,
					     .peer = credential->peer,
					     .idempotency_key = credential->idempotency_key,
					     .certificate = credential->certificate,
					     .is_background = credential->is_background,
					     .request = bytes_of_string(text) };

	if (!text)
		return false;
	api->asker.ask(api->asker.context, &message, done, context);
	memory_wipe(text, strlen(text));
	free(text);
	return true;
}

bool api_reply_read(struct bytes reply, const struct error *failure, json_t **ret_result,
		    struct error *err)
{
	if (failure) {
		*err = *failure;
		return false;
	}
	json_auto_t *json = json_loadb((const char *)reply.data, reply.len, 0, NULL);
	json_t *result = json_object_get(json, "result");
	if (result) {
		*ret_result = json_incref(result);
		return true;
	}
	if (!json_is_object(json_object_get(json, "error")))
		return error_set(err, REASON_INTERNAL, "the authority's answer cannot be read");
	error_from_json(json_object_get(json, "error"), err);
	return false;
}
