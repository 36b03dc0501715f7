/* The registration authority: who is asking, may they, and the story from request to certificate.
 */
#pragma once

#include "ca/signer.h"
#include "model/est_service.h"
#include "store/store.h"

struct ra_options {
	struct store *store; /* borrowed, as the rest */
	struct signer *signer;
	const struct clock *clock;
	const char *va_url;  /* see struct ca_context */
	struct bytes pepper; /* keys the passphrase verifiers; copied */
};

struct ra;
MUST_CHECK bool ra_new(const struct ra_options *options, struct ra **ret, struct error *err);
void ra_free(struct ra *ra);
DEFINE_CLEANUP(struct ra *, ra_free)

/* The service that edges ask. */
struct est_service *ra_service(struct ra *ra);
/* The configuration in force; a reference of the caller's. Thread-safe. */
struct catalog *ra_catalog(struct ra *ra);
/* Reads the configuration anew after a change. Thread-safe. */
MUST_CHECK bool ra_reload(struct ra *ra, struct error *err);
