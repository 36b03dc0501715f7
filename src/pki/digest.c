#include "pki/digest.h"

#include <openssl/evp.h>

static const struct {
	const char *name;
	size_t len;
} digests[DIGEST_COUNT] = {
	[DIGEST_SHA256] = { "SHA256", 32 },
	[DIGEST_SHA384] = { "SHA384", 48 },
	[DIGEST_SHA512] = { "SHA512", 64 },
};

size_t digest_len(enum digest digest)
{
	return digests[digest].len;
}

bool digest_append(enum digest digest, struct bytes message, struct buffer *to, struct error *err)
{
	unsigned char value[EVP_MAX_MD_SIZE];
	size_t len = 0;

	if (EVP_Q_digest(NULL, digests[digest].name, NULL, message.data, message.len, value,
			 &len) != 1 ||
	    len != digests[digest].len)
		return error_set(err, REASON_CRYPTO, "%s failed", digests[digest].name);
	buffer_append(to, (struct bytes){ value, len });
	return buffer_ok(to) || error_set(err, REASON_NO_MEMORY, "digest");
}
