/* Randomness for keys, serials, salts and ids: the kernel's generator by way of OpenSSL's DRBG,
 * reseeded on fork. */
#pragma once

#include "base/error.h"
#include "base/bytes.h"

/* Fails closed with REASON_CRYPTO; *into is then not to be used. */
MUST_CHECK bool random_fill(void *into, size_t len, struct error *err);
