/* The extensions of CRLs and their entries (RFC 5280 5.2, 5.3): contents octets. */
#pragma once

#include "base/bytes.h"

extern const struct bytes oid_crl_number, oid_crl_reason, oid_invalidity_date,
	oid_delta_crl_indicator, oid_freshest_crl;
