/* OCSP responders by the clock: each CA has one before it is needed, and the next before it ends.
 */
#pragma once

#include "jobs/failures.h"

void ocsp_job_run(struct failures *failures, const struct jobs_options *options,
		  const struct catalog *catalog);
