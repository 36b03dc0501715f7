#include "ra/slow_key.h"

bool slow_key_may_sign(struct signer *signer, const char *key_name,
		       const struct est_request *request, struct est_reply *reply,
		       struct error *err)
{
	if (!key_name || signer_is_local(signer, key_name))
		return true;
	if (!signer_is_ready(signer, key_name, err))
		return false;
	reply->is_slow = !request->may_block;
	return request->may_block || error_set(err, REASON_BUSY, "it may take a while");
}
