/* CRLs by the clock: on schedule, after a revocation, and before they run out. */
#pragma once

#include "jobs/jobs.h"

/* What failed, and is tried again only after a while. Zero-initialised is none. */
struct crl_job {
	struct crl_failure *failures;
	size_t count;
};

void crl_job_run(struct crl_job *job, const struct jobs_options *options,
		 const struct catalog *catalog);
void crl_job_done(struct crl_job *job);
