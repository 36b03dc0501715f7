#include "jobs/crl_job.h"

static bool is_due_to_try(const struct failures *failures, const struct jobs_options *options,
			  const struct ca *ca)
{
	return ca_publishes(ca) && clock_now(options->clock) <= cert_not_after(ca->cert) &&
	       failures_let_try(failures, options, ca);
}

void crl_job_run(struct failures *failures, const struct jobs_options *options,
		 const struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->ca_count; i++) {
		const struct ca *ca = &catalog->cas[i];
		struct error err = { 0 };

		if (!is_due_to_try(failures, options, ca))
			continue;
		if (!crl_issuer_issue_due(options->crls, ca, &err))
			failures_note(failures, options, "crl.failed", ca, &err);
	}
}
