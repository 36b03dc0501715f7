/* The Via field of whoever asks: whatever it holds, what goes on is bounded and one line. */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "est/via.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	char *field = bytes_to_string((struct bytes){ data, size });
	char into[VIA_MAX];

	if (field && via_add(field, "bestow-ra-00000001", into, NULL) &&
	    (strlen(into) >= sizeof into || strpbrk(into, "\r\n")))
		abort();
	free(field);
	return 0;
}
