/* Keys by way of OpenSSL's engines, where it still has them. */
#pragma once

#include <openssl/types.h>

/* The key, the caller's, or NULL; why is in OpenSSL's queue of errors. `pin` may be NULL. */
EVP_PKEY *key_from_engine(const char *id, const char *reference, const char *pin);
