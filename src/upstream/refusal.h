/* From what a client of the upstream is told to what devices and operators of this proxy are. */
#pragma once

#include "base/error.h"

/* Always false. The detail of `why`, the server's words among it, is kept for the operator;
 * `was_slow` tells silence from absence. */
bool upstream_refusal(const struct error *why, bool was_slow, struct error *err);
