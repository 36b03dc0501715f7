/* A backup was put in place of the store. Certificates that were issued since are not in it, and
 * what was used, taken back or decided since is not known: once, before anybody is served, what
 * cannot go on as it stands is ended, and what others count on to rise is raised (threats FT-11,
 * T14). */
#pragma once

#include "store/store_restore.h"

struct restoration_report {
	struct store_reach reach;
	struct store_credentials ended;
	struct restoration restoration;
};

/* In one transaction, with an audit entry by `actor` and an event. The store is of
 * store_open_restored(), with nobody else at it. REASON_CLOCK when it is earlier than what the
 * store tells of. */
MUST_CHECK bool restoration_take_over(struct store *store, const char *actor, int64_t now,
				      struct restoration_report *ret, struct error *err);
/* For people: lines, each with its end. */
void restoration_describe(const struct restoration_report *report, struct buffer *to);
