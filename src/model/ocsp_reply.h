/* What the authority answers to an OCSP request that an edge passed on. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

struct ocsp_reply {
	/* It holds for whoever asks for the same certificate without nonce, from this_update until
	 * next_update, as long as the change board's counter of the serial shows `seen`. */
	bool is_keepable;
	uint64_t seen;
	int64_t this_update, next_update;
	struct bytes der; /* the OCSPResponse */
};
void ocsp_reply_pack(const struct ocsp_reply *reply, struct buffer *to);
/* `der` lies in the message. REASON_PROTOCOL. */
MUST_CHECK bool ocsp_reply_unpack(struct bytes message, struct ocsp_reply *ret, struct error *err);
