/* OpenSSL's reading of extensions, without its own KU_ names, which stand for other numbers than
 * ours. Include it before ours. */
#pragma once

#include <openssl/x509v3.h>

#undef KU_DIGITAL_SIGNATURE
#undef KU_NON_REPUDIATION
#undef KU_KEY_ENCIPHERMENT
#undef KU_DATA_ENCIPHERMENT
#undef KU_KEY_AGREEMENT
#undef KU_KEY_CERT_SIGN
#undef KU_CRL_SIGN
#undef KU_ENCIPHER_ONLY
#undef KU_DECIPHER_ONLY
