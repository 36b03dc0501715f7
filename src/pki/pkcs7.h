/* certs-only PKCS#7 (RFC 5652, RFC 7030 4.1.3): made for answers, read at imports. */
#pragma once

#include "pki/cert.h"
#include "pki/der.h"

/* Appends SignedData v1: no digestAlgorithms, eContent absent, the certificates in DER SET OF
 * order, no signers. */
MUST_CHECK bool pkcs7_certs_only_encode(const struct bytes *certs, size_t count, struct buffer *ret,
					struct error *err);
/* The certificates in a DER SignedData, to be read one whole SEQUENCE after the other. Contents of
 * any kind (another PKCS#7, a signed message) are REASON_IMPORT_MALFORMED; signers and CRLs are
 * passed over. */
MUST_CHECK bool pkcs7_certs_open(struct bytes der, struct der *ret_certs, struct error *err);
bool pkcs7_is_signed_data(struct bytes der);
