/* A path either decodes to octets, fewer than its characters, or to nothing. */
#include <stdlib.h>
#include <string.h>

#include "va/ocsp_path.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(freep) char *text = bytes_to_string((struct bytes){ data, size });
	CLEANUP(buffer_done) struct buffer octets = { 0 };

	if (text && ocsp_path_decode(text, &octets) && octets.len > strlen(text))
		abort();
	return 0;
}
