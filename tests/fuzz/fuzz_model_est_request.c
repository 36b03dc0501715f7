/* What unpacks, packs to the same bytes, but for texts that were cleaned; then once more to the
 * same. */
#include <stdlib.h>

#include "model/est_service.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(buffer_done) struct buffer packed = { 0 }, again = { 0 };
	struct est_request request, back;
	struct error err;

	if (!est_request_unpack((struct bytes){ data, size }, &request, &err))
		return 0;
	est_request_pack(&request, &packed);
	if (!est_request_unpack(buffer_view(&packed), &back, &err))
		abort();
	est_request_pack(&back, &again);
	if (!bytes_equal(buffer_view(&packed), buffer_view(&again)))
		abort();
	return 0;
}
