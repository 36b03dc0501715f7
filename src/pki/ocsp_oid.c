#include "pki/ocsp_oid.h"

#define ID_PKIX_OCSP "\x2b\x06\x01\x05\x05\x07\x30\x01"
#define OID(text)                                                                                  \
	{                                                                                          \
		(const unsigned char *)(text), sizeof(text) - 1                                    \
	}

const struct bytes oid_ocsp_basic = OID(ID_PKIX_OCSP "\x01");
const struct bytes oid_ocsp_nonce = OID(ID_PKIX_OCSP "\x02");
const struct bytes oid_ocsp_no_check = OID(ID_PKIX_OCSP "\x05");
const struct bytes oid_ocsp_extended_revoke = OID(ID_PKIX_OCSP "\x09");
