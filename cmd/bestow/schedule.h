/* When to renew, and when to try again. Pure, but for the randomness. */
#pragma once

#include "base/error.h"

struct validity {
	int64_t not_before, not_after;
};

struct schedule {
	int64_t opens;  /* a renewal is due from here on */
	int64_t picked; /* the moment that was drawn for it */
};

#define SCHEDULE_WINDOW_DEFAULT "33%"

/* The window is the last part of the validity: "33%" of it, or a duration ("10d") of it. NULL is
 * the default. The moment is drawn from the window's first half, so that a fleet spreads and
 * trouble has time to pass. REASON_CONFIG. */
MUST_CHECK bool schedule_renewal(const struct validity *validity, const char *window,
				 struct schedule *ret, struct error *err);
#define SCHEDULE_BACKOFF_MAX (2 * 86400) /* what schedule_backoff() never reaches */

/* Seconds to wait after `failures` in a row: a minute, doubling up to a day, never more than an
 * eighth of what is left of the certificate, never less than the server asked for, spread by a
 * quarter. */
int64_t schedule_backoff(int64_t failures, uint32_t retry_after, int64_t left);
