/* Any bytes as a SubjectPublicKeyInfo, and the rest as a signature under every algorithm. */
#include <stdlib.h>

#include "pki/key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void verify_under_all(const struct public_key *key, struct bytes signature)
{
	const struct bytes message = BYTES_LITERAL("fuzz");

	for (enum signature_algorithm a = 0; a < SIGN_COUNT; a++)
		if (public_key_verify(key, a, message, signature))
			abort(); /* forged: nobody signed this message */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(public_key_freep) struct public_key *key = NULL;
	struct error err = { 0 };
	bool weak;

	signature_algorithm_parse((struct bytes){ data, size }, &weak);
	/* the outer length tells where the key ends; what follows serves as a signature */
	size_t len = size;
	if (size > 2 && data[0] == 0x30 && data[1] < 0x80 && data[1] + 2u <= size)
		len = data[1] + 2u;
	if (!public_key_parse((struct bytes){ data, len }, &key, &err)) {
		if (err.reason == REASON_NONE)
			abort();
		return 0;
	}
	if (!bytes_equal(public_key_spki(key), (struct bytes){ data, len }))
		abort();
	verify_under_all(key, (struct bytes){ data + len, size - len });
	return 0;
}
