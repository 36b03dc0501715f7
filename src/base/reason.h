/* Why something was refused: one catalogue for the log, the API, the metrics, EST answers and the
 * docs. */
#pragma once

#include <stddef.h>

/* What a front end makes of a reason; only front ends turn it into a status or an exit code. */
enum error_kind {
	ERROR_NONE,
	ERROR_INVALID,         /* the request itself is wrong */
	ERROR_UNAUTHENTICATED, /* who are you? */
	ERROR_DENIED,          /* known, and not allowed */
	ERROR_NOT_FOUND,
	ERROR_CONFLICT,
	ERROR_TOO_LARGE,
	ERROR_UNSUPPORTED, /* of the media type or coding */
	ERROR_PENDING,     /* accepted, decided later */
	ERROR_LIMITED,     /* too much from this peer */
	ERROR_BUSY,        /* not now */
	ERROR_INTERNAL,
};

enum reason {
	REASON_NONE,
#define REASON(name, code, kind, words, remedy) REASON_##name,
#include "base/reason_table.h"
#undef REASON
	REASON_COUNT
};

const char *reason_code(enum reason reason);   /* stable, lower_case, never translated */
const char *reason_words(enum reason reason);  /* one sentence for a person */
const char *reason_remedy(enum reason reason); /* what to do about it; "" when nothing */
enum error_kind reason_kind(enum reason reason);
/* REASON_COUNT when there is none of that code. */
enum reason reason_by_code(const char *code);
