/* The last encrypted key that was opened, kept open. Opening one costs 100,000 rounds of PBKDF2,
 * too much for a node that tells its processes their TLS key with each change of anything. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

struct opened_key {
	struct buffer encrypted; /* what was opened */
	struct buffer encoded;   /* the key in it, PKCS#8 DER */
};

/* Opens the PEM with private_key_decrypt(), unless these very bytes were the last. `ret` is
 * borrowed, until the next call. Not thread-safe. One owner has one passphrase: it is not compared.
 */
MUST_CHECK bool opened_key_get(struct opened_key *opened, struct bytes encrypted,
			       struct bytes passphrase, struct bytes *ret, struct error *err);
void opened_key_done(struct opened_key *opened); /* wipes */
