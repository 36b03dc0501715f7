/* A reply is a certificate, a CMC response or a reason: one of them, and never two. */
#include <stdlib.h>

#include "model/est_service.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(est_reply_done) struct est_reply reply = { 0 }, back = { 0 };
	CLEANUP(buffer_done) struct buffer packed = { 0 };
	struct error err = { 0 }, again = { 0 };
	bool issued = est_reply_unpack((struct bytes){ data, size }, &reply, &err);

	if (issued != (reply.certificate.len > 0) + (reply.cmc.len > 0) ||
	    issued != (err.reason == REASON_NONE))
		abort();
	est_reply_pack(&reply, issued ? NULL : &err, &packed);
	if (est_reply_unpack(buffer_view(&packed), &back, &again) != issued ||
	    again.reason != err.reason || back.authenticated != reply.authenticated)
		abort();
	return 0;
}
