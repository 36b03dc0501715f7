/* A certificate that is yet to be signed, field by field and extension by extension. */
#pragma once

#include "manage/describe.h"

/* {"issuer", "subject", "key", "key_fingerprint", "signature", "not_before", "not_after",
 * "extensions": [{"oid", "name", "critical", "words"}]}; NULL when memory is out or `der` is no
 * TBSCertificate. */
json_t *describe_tbs(struct bytes der);
