/* getCRL (RFC 5272 6.10): the CRLs in force of the account's own CAs. */
#include "ra/cmc.h"

#include "model/publication.h"
#include "store/store_crl.h"

/* By RFC 5280 7.1, not by bytes: clients write a name that they have read anew. */
static bool is_asked_for(const struct cmc_dialog *d, const struct ca *ca, const struct name *issuer)
{
	return ca->account_id == d->profile->account_id &&
	       name_equal(cert_subject(ca->cert), issuer);
}

/* The only place is the one that our certificates name. */
static bool is_at(const struct cmc_dialog *d, const struct ca *ca,
		  const struct cmc_crl_query *query)
{
	const char *va_url = d->ra->options.va_url;
	char url[PUBLICATION_URL_MAX];

	if (!query->has_place)
		return true;
	return va_url && publication_url(va_url, ca->cert, PUBLICATION_CRL, url) &&
	       bytes_equal(query->uri, bytes_of_string(url));
}

/* Only the CRL in force is kept, so it is the nearest to every time since it was made. */
static bool is_by_then(const struct crl *crl, const struct cmc_crl_query *query)
{
	return query->time == 0 || crl->this_update < query->time;
}

static bool has_room(const struct cmc_dialog *d, const struct crl *crl, struct error *err)
{
	size_t octets = crl->der.len;

	for (size_t i = 0; i < d->crl_count; i++)
		octets += d->crls[i].der.len;
	return (d->crl_count < CMC_CRLS_MAX && octets <= CMC_CRLS_OCTETS_MAX) ||
	       error_set(err, REASON_TOO_LARGE, "more CRLs than %d, or of more than %d octets",
			 CMC_CRLS_MAX, CMC_CRLS_OCTETS_MAX);
}

static bool is_found_already(const struct cmc_dialog *d, const struct ca *ca)
{
	for (size_t i = 0; i < d->crl_count; i++)
		if (d->crls[i].ca_id == ca->id)
			return true;
	return false;
}

/* *ret_found stays as it is where the CA has none that fits. */
static bool add_crl(struct cmc_dialog *d, const struct ca *ca, const struct cmc_crl_query *query,
		    bool *ret_found, struct error *err)
{
	CLEANUP(crl_done) struct crl crl = { 0 };
	struct error missing = { 0 };

	if (!store_crl_find(d->ra->options.store, ca->id, CRL_FULL, true, &crl, &missing)) {
		if (missing.reason == REASON_NOT_FOUND)
			return true;
		*err = missing;
		return false;
	}
	if (!is_at(d, ca, query) || !is_by_then(&crl, query))
		return true;
	*ret_found = true;
	if (is_found_already(d, ca))
		return true;
	if (!has_room(d, &crl, err))
		return false;
	d->crls[d->crl_count++] = crl;
	crl = (struct crl){ 0 };
	return true;
}

/* A CA that was renewed with a new key has the name of the one before it: both lists are given. */
static bool add_crls(struct cmc_dialog *d, const struct cmc_crl_query *query, struct error *err)
{
	CLEANUP(name_done) struct name issuer = { 0 };
	bool found = false;

	if (!name_parse(query->issuer, &issuer, err))
		return false;
	for (size_t i = 0; i < d->catalog->ca_count; i++) {
		const struct ca *ca = &d->catalog->cas[i];

		if (is_asked_for(d, ca, &issuer) && !add_crl(d, ca, query, &found, err))
			return false;
	}
	return found ||
	       error_set(err, REASON_NOT_FOUND, "no CA of this account has such a CRL in force");
}

bool cmc_get_crl(struct cmc_dialog *d, const struct cmc_control *control, struct error *err)
{
	CLEANUP(enrollment_done) struct enrollment caller = { 0 };
	struct cmc_crl_query query;

	return cmc_get_crl_parse(control->value, &query, err) && cmc_open_caller(d, &caller, err) &&
	       policy_knows_caller(d->profile, &caller.facts, err) && add_crls(d, &query, err);
}
