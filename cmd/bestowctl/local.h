/* The node's local socket: a u32 (big-endian) length and that many bytes of JSON each way. */
#pragma once

#include "bestowctl/client.h"

/* As client_ask(). */
MUST_CHECK bool local_ask(const struct global_options *global, const char *verb,
			  const json_t *params, struct answer *ret, struct error *err);
