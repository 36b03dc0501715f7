#include "bestowctl/client.h"

#include <string.h>

#include "bestowctl/local.h"
#include "bestowctl/remote.h"

void answer_done(struct answer *answer)
{
	json_decref(answer->result);
	json_decref(answer->refusal);
	*answer = (struct answer){ 0 };
}

bool client_ask(const struct invocation *invocation, const char *verb, const json_t *params,
		struct answer *ret, struct error *err)
{
	const struct global_options *global = invocation->global;

	if (invocation->remote)
		return remote_ask(invocation->remote, global->account, verb, params, ret, err);
	return local_ask(global, verb, params, ret, err);
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

void answer_to_error(const struct answer *answer, struct error *ret)
{
	const json_t *error = json_object_get(answer->refusal, "error");
	enum reason reason = reason_by_code(text_of(error, "code"));

	/* a node of a later release may know reasons that we do not */
	if (reason == REASON_COUNT)
		reason = REASON_INTERNAL;
	(void)!error_set(ret, reason, "%s", text_of(error, "detail"));
}
