/* What is asked of a key only when a certificate is about to be issued for it: it costs more than a
 * stranger may make us spend. */
#pragma once

#include "pki/key.h"

/* An RSA modulus that is a prime, which gives its private key away to whoever can subtract one:
 * REASON_KEY_INVALID. About 1 ms for 2048 bits, 6 ms for 4096. Other keys pass. */
MUST_CHECK bool public_key_check_composite(const struct public_key *key, struct error *err);

#define MODULUS_FINGERPRINT_LEN 10
/* The last 80 bits of the SHA-1 of "Modulus=", the modulus in upper-case hexadecimal and a newline:
 * the name by which lists of weak keys know an RSA key, whatever its exponent. It names a key and
 * protects nothing. *ret_any is false for other keys. */
MUST_CHECK bool public_key_modulus_fingerprint(const struct public_key *key,
					       unsigned char ret[MODULUS_FINGERPRINT_LEN],
					       bool *ret_any, struct error *err);
