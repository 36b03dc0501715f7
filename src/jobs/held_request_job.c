#include "jobs/held_request_job.h"

#include "store/store_held_request.h"

#define EVERY_SECONDS 60

/* What has ended is there for nobody, so that what cannot be deleted now may wait. */
void held_request_job_run(struct held_request_job *job, const struct jobs_options *options)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	int64_t now = clock_now(options->clock), forgotten = 0;

	if (now < job->next)
		return;
	job->next = now + EVERY_SECONDS;
	if (store_begin(options->store, &tx, NULL) &&
	    store_held_request_forget(tx, now, &forgotten, NULL) && forgotten > 0)
		(void)!store_commit_lazily(TAKE(tx), NULL);
}
