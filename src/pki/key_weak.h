/* Moduli that anyone can factor: cheap tests of published kinds of weak RSA keys, together far
 * below a millisecond. Primality and lists of keys come later, when all else is decided:
 * key_scrutiny.h. */
#pragma once

#include <openssl/types.h>

#include "base/error.h"

/* An odd modulus of the sizes we take. A small prime factor: REASON_KEY_INVALID; the ROCA
 * fingerprint (CVE-2017-15361) or primes so close that Fermat's method finds them:
 * REASON_KEY_BLOCKLISTED. */
MUST_CHECK bool rsa_modulus_check(const BIGNUM *modulus, struct error *err);
