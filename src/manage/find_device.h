/* The device that a request names, among those of the profile that it names. */
#pragma once

#include "manage/verb.h"
#include "model/device.h"
#include "store/store.h"

/* By the parameter "profile". */
MUST_CHECK bool find_profile_of(const struct call *call, const struct profile **ret,
				struct error *err);
/* By the parameter "device": a serial number or a fingerprint. REASON_NOT_FOUND. */
MUST_CHECK bool find_device(const struct call *call, struct device *ret, struct error *err);
/* As it is inside a transaction. */
MUST_CHECK bool find_device_in(const struct call *call, struct store_tx *tx, struct device *ret,
			       struct error *err);
/* By another text. */
MUST_CHECK bool find_device_named(const struct call *call, struct store_tx *tx,
				  const struct profile *profile, const char *text,
				  struct device *ret, struct error *err);
/* 1 to DEVICE_CODE_USES_MAX. */
MUST_CHECK bool check_code_uses(int64_t uses, struct error *err);
