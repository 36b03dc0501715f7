#include "jobs/jobs.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "jobs/crl_job.h"
#include "jobs/held_request_job.h"
#include "jobs/keys_job.h"
#include "jobs/ocsp_job.h"
#include "jobs/search_job.h"

#define JOBS_STACK (1024 * 1024)

struct jobs {
	struct jobs_options options;
	struct failures crl_failures, ocsp_failures;
	struct keys_job keys_job;
	struct held_request_job held_request_job;
	struct search_job search_job;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool stopping; /* under the lock */
};

static void run_due(struct jobs *jobs)
{
	struct catalog *catalog = jobs->options.catalog(jobs->options.context);

	if (!jobs->options.cas_only)
		keys_job_run(&jobs->keys_job, &jobs->options, catalog);
	crl_job_run(&jobs->crl_failures, &jobs->options, catalog);
	if (jobs->options.ocsp)
		ocsp_job_run(&jobs->ocsp_failures, &jobs->options, catalog);
	catalog_unref(catalog);
	if (jobs->options.cas_only)
		return;
	held_request_job_run(&jobs->held_request_job, &jobs->options);
	search_job_run(&jobs->search_job, &jobs->options);
}

/* True when there is to be another round. */
static bool sleep_a_second(struct jobs *jobs)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec++;
	pthread_mutex_lock(&jobs->lock);
	while (!jobs->stopping &&
	       pthread_cond_timedwait(&jobs->changed, &jobs->lock, &until) != ETIMEDOUT)
		;
	bool goes_on = !jobs->stopping;
	pthread_mutex_unlock(&jobs->lock);
	return goes_on;
}

static void *run(void *context)
{
	struct jobs *jobs = context;

	do
		run_due(jobs);
	while (sleep_a_second(jobs));
	return NULL;
}

static int start_thread(struct jobs *jobs)
{
	pthread_attr_t attributes;
	sigset_t all, before;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, JOBS_STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int failed = pthread_create(&jobs->thread, &attributes, run, jobs);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return failed;
}

bool jobs_start(const struct jobs_options *options, struct jobs **ret, struct error *err)
{
	struct jobs *jobs = calloc(1, sizeof *jobs);
	pthread_condattr_t monotonic;

	if (!jobs)
		return error_set(err, REASON_NO_MEMORY, "jobs");
	jobs->options = *options;
	pthread_mutex_init(&jobs->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&jobs->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	int failed = start_thread(jobs);
	if (failed) {
		free(jobs);
		return error_set(err, REASON_INTERNAL, "jobs: %s", strerror(failed));
	}
	*ret = jobs;
	return true;
}

void jobs_stop(struct jobs *jobs)
{
	if (!jobs)
		return;
	pthread_mutex_lock(&jobs->lock);
	jobs->stopping = true;
	pthread_cond_signal(&jobs->changed);
	pthread_mutex_unlock(&jobs->lock);
	pthread_join(jobs->thread, NULL);
	failures_done(&jobs->crl_failures);
	failures_done(&jobs->ocsp_failures);
	pthread_cond_destroy(&jobs->changed);
	pthread_mutex_destroy(&jobs->lock);
	free(jobs);
}
