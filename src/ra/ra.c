#include "ra/ra.h"

#include <pthread.h>

#include "ra/cmc.h"
#include "ra/enroll.h"

/* An operation that has no row here is answered by nobody. */
static const struct {
	enum est_operation operation;
	bool (*answer)(struct ra *, const struct est_request *, struct est_reply *, struct error *);
} operations[] = {
	{ EST_SIMPLEENROLL, ra_enroll },
	{ EST_SIMPLEREENROLL, ra_enroll },
	{ EST_SERVERKEYGEN, ra_enroll },
	{ EST_FULLCMC, ra_fullcmc },
};

static bool answer(struct est_service *service, const struct est_request *request,
		   struct est_reply *ret, struct error *err)
{
	struct ra *ra = (struct ra *)service;

	for (size_t i = 0; i < ARRAY_LEN(operations); i++)
		if (operations[i].operation == request->operation)
			return operations[i].answer(ra, request, ret, err);
	return error_set(err, REASON_UNKNOWN_OPERATION, "operation %d", (int)request->operation);
}

static const struct est_service_ops ra_service_ops = { .answer = answer };

bool ra_new(const struct ra_options *options, struct ra **ret, struct error *err)
{
	CLEANUP(ra_freep) struct ra *ra = calloc(1, sizeof *ra);

	if (!ra)
		return error_set(err, REASON_NO_MEMORY, "ra");
	ra->service.ops = &ra_service_ops;
	ra->options = *options;
	pthread_mutex_init(&ra->catalog_lock, NULL);
	if (!passphrase_checker_new(options->pepper, &ra->passphrases, err) ||
	    !code_checker_new(options->store, options->pepper, &ra->codes, err) ||
	    !limiter_new(&ra->cmc_refusals, err) || !limiter_new(&ra->renewals, err) ||
	    !flight_new(&ra->flight, err) || !ra_reload(ra, err))
		return false;
	*ret = TAKE(ra);
	return true;
}

void ra_free(struct ra *ra)
{
	if (!ra)
		return;
	catalog_unref(ra->catalog);
	passphrase_checker_free(ra->passphrases);
	code_checker_free(ra->codes);
	limiter_free(ra->cmc_refusals);
	limiter_free(ra->renewals);
	flight_free(ra->flight);
	pthread_mutex_destroy(&ra->catalog_lock);
	free(ra);
}

struct est_service *ra_service(struct ra *ra)
{
	return &ra->service;
}

struct catalog *ra_catalog(struct ra *ra)
{
	pthread_mutex_lock(&ra->catalog_lock);
	struct catalog *catalog = catalog_ref(ra->catalog);
	pthread_mutex_unlock(&ra->catalog_lock);
	return catalog;
}

/* The public keys of CAs and anchors are decoded before any thread shares the catalog. */
static void decode_keys(const struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->anchor_count; i++)
		(void)cert_key(catalog->anchors[i].cert);
	for (size_t i = 0; i < catalog->ca_count; i++)
		(void)cert_key(catalog->cas[i].cert);
}

bool ra_reload(struct ra *ra, struct error *err)
{
	struct catalog *catalog = NULL;

	if (!store_catalog_load(ra->options.store, &catalog, err))
		return false;
	decode_keys(catalog);
	pthread_mutex_lock(&ra->catalog_lock);
	struct catalog *before = ra->catalog;
	/* of two reloads at once the newer configuration stays */
	if (!before || before->version <= catalog->version) {
		ra->catalog = catalog;
		catalog = before;
	}
	pthread_mutex_unlock(&ra->catalog_lock);
	catalog_unref(catalog);
	return true;
}
