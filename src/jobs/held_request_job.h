/* Requests for approval, and decisions that nobody fetched, are forgotten when their time is over.
 */
#pragma once

#include "jobs/jobs.h"

/* Zero-initialised is due. */
struct held_request_job {
	int64_t next;
};

void held_request_job_run(struct held_request_job *job, const struct jobs_options *options);
