/* One question to the node, over its local socket or its REST API. */
#pragma once

#include <jansson.h>

#include "base/error.h"
#include "bestowctl/command.h"

#define CLIENT_MESSAGE_MAX (4 * 1024 * 1024)
#define CLIENT_TIMEOUT_SECONDS 120 /* an RSA-4096 key takes its time on a small machine */

/* What the node answered: exactly one is set; `refusal` holds the whole {"error": …}. */
struct answer {
	json_t *result, *refusal;
};
void answer_done(struct answer *answer);

/* False when no answer came: REASON_BUSY with words on why the node cannot be reached,
 * REASON_SERVER_UNTRUSTED, REASON_PROTOCOL for an answer that cannot be read. */
MUST_CHECK bool client_ask(const struct invocation *invocation, const char *verb,
			   const json_t *params, struct answer *ret, struct error *err);
/* The refusal as an error. */
void answer_to_error(const struct answer *answer, struct error *ret);
