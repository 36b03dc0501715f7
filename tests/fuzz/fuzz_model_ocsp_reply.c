/* What unpacks lies in the message, and packs to the same octets. */
#include <stdlib.h>

#include "model/ocsp_reply.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(buffer_done) struct buffer packed = { 0 };
	struct ocsp_reply reply;
	struct error err;

	if (!ocsp_reply_unpack((struct bytes){ data, size }, &reply, &err))
		return 0;
	ocsp_reply_pack(&reply, &packed);
	if (!bytes_equal(buffer_view(&packed), (struct bytes){ data, size }))
		abort();
	return 0;
}
