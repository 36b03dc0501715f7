/* The keys of CAs are opened ahead of their first use, and nobody's start waits for it: opening one
 * costs some 30 ms of PBKDF2. */
#pragma once

#include "jobs/jobs.h"

/* Zero-initialised is due. */
struct keys_job {
	int64_t version; /* of the configuration whose keys are open */
};

void keys_job_run(struct keys_job *job, const struct jobs_options *options,
		  const struct catalog *catalog);
