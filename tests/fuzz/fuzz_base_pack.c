/* The first half of the input says what to read from the second. */
#include <stdlib.h>

#include "base/pack.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void read_one(struct unpacker *from, unsigned char what)
{
	CLEANUP(freep) char *text = NULL;

	switch (what % 7) {
	case 0:
		unpack_u8(from);
		break;
	case 1:
		unpack_u32(from);
		break;
	case 2:
		unpack_u64(from);
		break;
	case 3:
		unpack_bool(from);
		break;
	case 4:
		unpack_bytes(from);
		break;
	case 5:
		unpack_string(from, &text);
		break;
	case 6:
		if (unpack_count(from, what / 7) > from->rest.len && what >= 7)
			abort();
		break;
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct unpacker from = { .rest = { data + size / 2, size - size / 2 } };

	for (size_t i = 0; i < size / 2; i++)
		read_one(&from, data[i]);
	if (unpack_finished(&from) && from.rest.len)
		abort();
	return 0;
}
