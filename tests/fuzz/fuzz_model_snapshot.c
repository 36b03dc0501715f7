/* What unpacks finds every label it holds, and packs to what unpacks again. */
#include <stdlib.h>

#include "model/snapshot.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(snapshot_freep) struct snapshot *snapshot = NULL;
	CLEANUP(snapshot_freep) struct snapshot *back = NULL;
	CLEANUP(buffer_done) struct buffer packed = { 0 };
	struct error err;

	if (!snapshot_unpack((struct bytes){ data, size }, &snapshot, &err))
		return 0;
	for (size_t i = 0; i < snapshot->label_count; i++)
		if (!snapshot_find(snapshot, snapshot->labels[i].text))
			abort();
	snapshot_pack(snapshot, &packed);
	if (!snapshot_unpack(buffer_view(&packed), &back, &err))
		abort();
	return 0;
}
