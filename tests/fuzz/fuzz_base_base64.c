/* What decodes, encodes to the same letters again. */
#include <stdlib.h>

#include "base/base64.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(buffer_done) struct buffer decoded = { 0 }, encoded = { 0 }, again = { 0 };
	struct error err;

	if (!base64_decode((struct bytes){ data, size }, &decoded, &err))
		return 0;
	base64_encode(buffer_view(&decoded), size % 80, &encoded);
	if (!base64_decode(buffer_view(&encoded), &again, &err) ||
	    !bytes_equal(buffer_view(&decoded), buffer_view(&again)))
		abort();
	return 0;
}
