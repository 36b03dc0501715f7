/* Certificates are entered into what they are searched by: a few while others are made, many while
 * none is. */
#pragma once

#include "jobs/jobs.h"

struct search_job {
	int64_t newest; /* when it last looked */
};

void search_job_run(struct search_job *job, const struct jobs_options *options);
