#include "base/random.h"

#include <limits.h>

#include <openssl/rand.h>

bool random_fill(void *into, size_t len, struct error *err)
{
	if (len > INT_MAX || RAND_priv_bytes(into, (int)len) != 1)
		return error_set(err, REASON_CRYPTO, "the random generator failed");
	return true;
}
