/* Whatever a list holds, what is read from it has one of the two lengths, and is read again from
 * its own hexadecimal. */
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "manage/key_list.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static bool check(void *context, struct bytes fingerprint, struct error *err)
{
	char hex[65];
	unsigned char again[32];
	size_t len = 0;

	(void)context;
	(void)err;
	if (fingerprint.len != 32 && fingerprint.len != 10)
		abort();
	if (!key_fingerprint_read(bytes_of_string(hex_encode(fingerprint, hex)), again, &len) ||
	    len != fingerprint.len || memcmp(again, fingerprint.data, len) != 0)
		abort();
	return true;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct error err;

	(void)!key_list_read((struct bytes){ data, size }, check, NULL, &err);
	return 0;
}
