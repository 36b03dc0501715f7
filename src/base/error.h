/* The one way to fail: a reason, words, and (for a refusal that passes with time) a delay. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/reason.h"

#define ERROR_DETAIL_MAX 240

struct error {
	enum reason reason;
	uint32_t retry_after; /* seconds; 0 = unsaid */
	char detail[ERROR_DETAIL_MAX];
};

/* Fills *err (which may be NULL) and returns false, so that failing is one line. The detail is for
 * the operator; it may quote hostile input, whose control characters are replaced here. */
MUST_CHECK bool error_set(struct error *err, enum reason reason, const char *format, ...)
	PRINTF_LIKE(3, 4);
/* As error_set, for refusals that pass: `retry_after` in seconds. */
MUST_CHECK bool error_set_retry(struct error *err, enum reason reason, uint32_t retry_after,
				const char *format, ...) PRINTF_LIKE(4, 5);
