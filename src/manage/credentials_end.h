/* What lets somebody in ends with the right to come in: sessions whenever anything about an
 * administrator changes, API tokens when they may do more than their maker still may. */
#pragma once

#include "manage/change.h"
#include "model/access.h"

/* `present` is the administrator as the transaction leaves it: without roles when removed. The
 * session that asks is spared. Each token that ends has its entry in the audit log; *ret_tokens
 * counts them. */
MUST_CHECK bool credentials_end(const struct call *call, struct change *change,
				const struct administrator *present, size_t *ret_tokens,
				struct error *err);
