/* What a client can decrypt (SMIMECapabilities, RFC 8551 2.5.2), as far as it matters for a key
 * that is sent to it. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

enum smime_capability {
	SMIME_AES_128_CBC,
	SMIME_AES_192_CBC,
	SMIME_AES_256_CBC,
	SMIME_RSA_PKCS1,
	SMIME_RSA_OAEP,
	SMIME_CAPABILITY_COUNT,
};

struct smime_capabilities {
	bool listed; /* the client sent a list, however little of it we know */
	bool has[SMIME_CAPABILITY_COUNT];
};

#define SMIME_CAPABILITIES_MAX 64

/* From a whole SMIMECapabilities; unknown entries are passed over. REASON_CSR_MALFORMED. */
MUST_CHECK bool smime_capabilities_parse(struct bytes der, struct smime_capabilities *ret,
					 struct error *err);
/* Appends SMIMECapabilities of those that `has` holds: AES without parameters (RFC 3565 4.1), OAEP
 * with SHA-256 (RFC 3560 5). */
void smime_capabilities_encode(const struct smime_capabilities *capabilities, struct buffer *ret);
/* The strongest cipher among them by OpenSSL's name; NULL when none can be used. */
const char *smime_cipher(const struct smime_capabilities *capabilities);
