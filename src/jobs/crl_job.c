#include "jobs/crl_job.h"

#define RETRY_SECONDS 5 /* a token comes back when it comes back */
#define COMPLAIN_SECONDS 60

struct crl_failure {
	int64_t ca_id, tried, complained;
};

static struct crl_failure *find_failure(const struct crl_job *job, int64_t ca_id)
{
	for (size_t i = 0; i < job->count; i++)
		if (job->failures[i].ca_id == ca_id)
			return &job->failures[i];
	return NULL;
}

static struct crl_failure *add_failure(struct crl_job *job, int64_t ca_id)
{
	struct crl_failure *grown = reallocarray(job->failures, job->count + 1, sizeof *grown);

	if (!grown)
		return NULL;
	job->failures = grown;
	grown[job->count] = (struct crl_failure){ .ca_id = ca_id };
	return &grown[job->count++];
}

static void note_failure(struct crl_job *job, const struct jobs_options *options,
			 const struct ca *ca, const struct error *err)
{
	struct crl_failure *failure = find_failure(job, ca->id);
	int64_t now = clock_now(options->clock);

	if (!failure)
		failure = add_failure(job, ca->id);
	if (failure)
		failure->tried = now;
	if (failure && now < failure->complained + COMPLAIN_SECONDS)
		return;
	if (failure)
		failure->complained = now;
	options->complain(options->context, "crl.failed", ca, err);
}

static bool is_due_to_try(const struct crl_job *job, const struct jobs_options *options,
			  const struct ca *ca)
{
	const struct crl_failure *failure = find_failure(job, ca->id);
	int64_t now = clock_now(options->clock);

	return ca_publishes(ca) && now <= cert_not_after(ca->cert) &&
	       (!failure || now >= failure->tried + RETRY_SECONDS);
}

void crl_job_run(struct crl_job *job, const struct jobs_options *options,
		 const struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->ca_count; i++) {
		const struct ca *ca = &catalog->cas[i];
		struct error err = { 0 };

		if (!is_due_to_try(job, options, ca))
			continue;
		if (!crl_issuer_issue_due(options->crls, ca, &err))
			note_failure(job, options, ca, &err);
	}
}

void crl_job_done(struct crl_job *job)
{
	free(job->failures);
	*job = (struct crl_job){ 0 };
}
