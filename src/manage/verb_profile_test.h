/* What a profile would make of a request: a rehearsal. */
#pragma once

#include "manage/verb.h"

extern const struct param profile_test_params[];
MUST_CHECK bool profile_test(const struct call *call, json_t **ret, struct error *err);
