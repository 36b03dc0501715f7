/* certs-only PKCS#7 (RFC 5652, RFC 7030 4.1.3): made for answers, read at imports. */
#pragma once

#include "pki/cert.h"

/* Appends SignedData v1: no digestAlgorithms, eContent absent, the certificates in DER SET OF
 * order, no signers. */
MUST_CHECK bool pkcs7_certs_only_encode(const struct bytes *certs, size_t count, struct buffer *ret,
					struct error *err);
