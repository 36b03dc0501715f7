/* Body part identifiers (RFC 5272 3.2.2). */
#pragma once

#include "pki/der.h"

/* INTEGER (1..4294967295): 0, which stands for the whole, is no body part's. */
MUST_CHECK bool cmc_id_read(struct der *der, uint32_t *ret);
void cmc_id_write(struct buffer *to, uint32_t id);
