/* CRLs by the clock: on schedule, after a revocation, and before they run out. */
#pragma once

#include "jobs/failures.h"

void crl_job_run(struct failures *failures, const struct jobs_options *options,
		 const struct catalog *catalog);
