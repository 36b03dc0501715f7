/* Object identifiers of OCSP (RFC 6960 4.2.1, 4.4). */
#pragma once

#include "base/bytes.h"

extern const struct bytes oid_ocsp_basic, oid_ocsp_nonce, oid_ocsp_no_check,
	oid_ocsp_extended_revoke;
