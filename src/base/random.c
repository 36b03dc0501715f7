#include "base/random.h"

#include <errno.h>
#include <limits.h>
#include <sys/random.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#define FRESH_MAX 256 /* getrandom() gives so many whole or not at all */

static bool kernel_fill(unsigned char *into, size_t len)
{
	for (;;) {
		ssize_t got = getrandom(into, len, 0);
		if (got == (ssize_t)len)
			return true;
		if (got >= 0 || errno != EINTR)
			return false;
	}
}

static bool mix_in_fresh(unsigned char *into, size_t len)
{
	unsigned char fresh[FRESH_MAX];

	for (size_t done = 0; done < len;) {
		size_t part = len - done < sizeof fresh ? len - done : sizeof fresh;
		if (!kernel_fill(fresh, part))
			return false;
		for (size_t i = 0; i < part; i++)
			into[done + i] ^= fresh[i];
		done += part;
	}
	OPENSSL_cleanse(fresh, sizeof fresh);
	return true;
}

bool random_fill(void *into, size_t len, struct error *err)
{
	if (len > INT_MAX || RAND_priv_bytes(into, (int)len) != 1 || !mix_in_fresh(into, len))
		return error_set(err, REASON_CRYPTO, "the random generator failed");
	return true;
}

bool random_refresh(struct error *err)
{
	EVP_RAND_CTX *generator = RAND_get0_private(NULL);

	if (!generator || EVP_RAND_reseed(generator, 1, NULL, 0, NULL, 0) != 1)
		return error_set(err, REASON_CRYPTO, "the random generator cannot begin anew");
	return true;
}
