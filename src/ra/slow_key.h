/* Keys of CAs that are in a token. */
#pragma once

#include "ca/signer.h"
#include "model/est_service.h"

/* Whether this thread may go on to sign with the key. A token's signature may take seconds, in
 * which whoever sends the request again waits too: reply->is_slow. One that is away is told of at
 * once. REASON_BUSY, or what the signer says. `key_name` NULL is no key, of which others tell. */
MUST_CHECK bool slow_key_may_sign(struct signer *signer, const char *key_name,
				  const struct est_request *request, struct est_reply *reply,
				  struct error *err);
