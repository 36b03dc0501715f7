#include "jobs/search_job.h"

#include "store/store_search.h"

#define BATCH 100 /* certificates of one transaction, which enrollments may wait for */
#define BATCHES_BUSY 5
#define BATCHES_IDLE 100
/* Of those made in the last seconds a lower id may still be under way. */
#define SETTLED_SECONDS 5

/* What cannot be entered now is found all the same, row by row: so the next round is soon enough.
 */
void search_job_run(struct search_job *job, const struct jobs_options *options)
{
	int64_t settled = clock_now(options->clock) - SETTLED_SECONDS, newest = 0;
	unsigned int batches = BATCHES_BUSY, count = BATCH;

	for (unsigned int i = 0; i < batches && count == BATCH; i++) {
		if (!store_search_enter(options->store, settled, BATCH, &count, &newest, NULL))
			return;
		if (i == 0 && newest == job->newest)
			batches = BATCHES_IDLE;
		job->newest = newest;
	}
}
