/* Why an operator revokes. */
#pragma once

#include "manage/verb.h"
#include "model/certificate.h"

/* params.reason, "unspecified" when absent. A hold is refused: nothing here lifts one. */
MUST_CHECK bool revocation_reason_read(const struct call *call, enum revocation_reason *ret,
				       struct error *err);
