/* What a job could not do for a CA: tried again only after a while, and complained of now and then.
 */
#pragma once

#include "jobs/jobs.h"

/* Zero-initialised is none. */
struct failures {
	struct failure *items;
	size_t count;
};

bool failures_let_try(const struct failures *failures, const struct jobs_options *options,
		      const struct ca *ca);
void failures_note(struct failures *failures, const struct jobs_options *options, const char *event,
		   const struct ca *ca, const struct error *err);
void failures_done(struct failures *failures);
