/* A line's packets: each is a u16 length and that many octets. Whole messages stay in bounds. */
#include <stdlib.h>

#include "ipc/inbox.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(assembly_done) struct assembly assembly = { 0 };

	while (size >= 2) {
		size_t len = (size_t)data[0] << 8 | data[1];
		data += 2;
		size -= 2;
		if (len > size)
			len = size;
		struct ipc_frame frame, message;
		if (ipc_frame_unpack((struct bytes){ data, len }, &frame, NULL) &&
		    assembly_add(&assembly, &frame, &message) &&
		    message.payload.len > IPC_MESSAGE_MAX)
			abort();
		data += len;
		size -= len;
	}
	return 0;
}
