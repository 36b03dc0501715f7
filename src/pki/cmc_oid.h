/* The numbers below id-cmc (RFC 5272 6, RFC 6402 2). */
#pragma once

#include "pki/cmc.h"

#define OID_CMC_STATUS_INFO_V2 "\x2b\x06\x01\x05\x05\x07\x07\x19"

enum cmc_control_type cmc_control_by_oid(struct bytes oid);
