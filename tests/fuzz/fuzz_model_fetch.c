/* What unpacks packs to the same bytes again. */
#include <stdlib.h>

#include "model/fetch.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(buffer_done) struct buffer packed = { 0 };
	struct fetch fetch;

	if (!fetch_unpack((struct bytes){ data, size }, &fetch, NULL))
		return 0;
	fetch_pack(&fetch, &packed);
	if (!bytes_equal(buffer_view(&packed), (struct bytes){ data, size }))
		abort();
	return 0;
}
