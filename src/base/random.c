#include "base/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/evp.h>
#include <openssl/rand.h>

#define DRAWN_AT_ONCE 256 /* getrandom() gives so many whole or not at all */

/* False when the kernel has no generator, or stopped half-way. */
static bool draw(unsigned char *into, size_t len)
{
	for (;;) {
		ssize_t got = getrandom(into, len, 0);
		if (got == (ssize_t)len)
			return true;
		if (got >= 0 || errno != EINTR)
			return false;
	}
}

bool random_fill(void *into, size_t len, struct error *err)
{
	unsigned char *rest = into;

	for (size_t part; len; rest += part, len -= part) {
		part = len < DRAWN_AT_ONCE ? len : DRAWN_AT_ONCE;
		if (!draw(rest, part))
			return error_set(err, REASON_CRYPTO, "the kernel's random generator: %s",
					 strerror(errno));
	}
	return true;
}

bool random_refresh(struct error *err)
{
	EVP_RAND_CTX *generator = RAND_get0_private(NULL);

	if (!generator || EVP_RAND_reseed(generator, 1, NULL, 0, NULL, 0) != 1)
		return error_set(err, REASON_CRYPTO, "the random generator cannot begin anew");
	return true;
}
