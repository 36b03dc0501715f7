#include "jobs/keys_job.h"

/* A CA whose key cannot be had refuses its own enrollments, which try again, and no other's. A
 * token's key is looked for when it is needed. */
void keys_job_run(struct keys_job *job, const struct jobs_options *options,
		  const struct catalog *catalog)
{
	if (job->version == catalog->version)
		return;
	for (size_t i = 0; i < catalog->ca_count; i++) {
		const struct ca *ca = &catalog->cas[i];
		const struct public_key *key = cert_key(ca->cert);

		if (key && ca->state == CA_ACTIVE && signer_is_local(options->signer, ca->key_name))
			(void)!signer_load(options->signer, ca->key_name, key, NULL);
	}
	job->version = catalog->version;
}
