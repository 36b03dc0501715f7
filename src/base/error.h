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

/* Fills *err (which may be NULL) and is false, so that failing is one line. The detail is for the
 * operator; it may quote hostile input, whose control characters are replaced here. A macro,
 * because a compiler that sees the false knows which variables were never set. */
#define error_set(err, reason, ...) (error_fill((err), (reason), 0, __VA_ARGS__), false)
/* As error_set, for refusals that pass: `retry_after` in seconds. */
#define error_set_retry(err, reason, retry_after, ...)                                             \
	(error_fill((err), (reason), (retry_after), __VA_ARGS__), false)

void error_fill(struct error *err, enum reason reason, uint32_t retry_after, const char *format,
		...) PRINTF_LIKE(4, 5);
