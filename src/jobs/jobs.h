/* What happens by the clock: one thread in the authority that looks every second what is due. */
#pragma once

#include "ca/crl_issuer.h"
#include "ca/ocsp_responder.h"

struct jobs_options {
	struct store *store; /* borrowed, as the rest */
	struct crl_issuer *crls;
	struct ocsp_responder *ocsp; /* NULL: nobody is told where to ask, so nobody answers */
	struct signer *signer;
	int64_t responder_validity; /* seconds that an OCSP responder's certificate lives */
	/* The configuration as it is now; a reference of the callee's. */
	struct catalog *(*catalog)(void *context);
	/* What went wrong, in words for the log; not more than once a minute for each CA. */
	void (*complain)(void *context, const char *event, const struct ca *ca,
			 const struct error *err);
	/* The CA has a new responder, recorded: to be answered by from now on. */
	void (*responder_made)(void *context, const struct ca *ca,
			       const struct certificate *certificate);
	/* Whether the CA's jobs are these': one thread for CAs whose keys are local and one for
	 * those of a token keep a slow token from holding the others up. NULL: all are. */
	bool (*concerns)(void *context, const struct ca *ca);
	bool cas_only; /* only what concerns single CAs */
	const struct clock *clock;
	void *context;
};

struct jobs;
MUST_CHECK bool jobs_start(const struct jobs_options *options, struct jobs **ret,
			   struct error *err);
/* Ends after the job in hand. */
void jobs_stop(struct jobs *jobs);
DEFINE_CLEANUP(struct jobs *, jobs_stop)
