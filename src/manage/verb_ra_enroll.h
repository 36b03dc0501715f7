#pragma once

#include "manage/verb.h"

/* An RA certificate for a CSR, or with a key made here, handed out once as PKCS#12. */
MUST_CHECK bool ra_certificate_enroll(const struct call *call, json_t **ret, struct error *err);
