/* The token that keys of CAs are in: whether it is there, and which keys it holds. */
#pragma once

#include "manage/verb.h"

MUST_CHECK bool node_token(const struct call *call, json_t **ret, struct error *err);
