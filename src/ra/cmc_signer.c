/* Who signed a CMC request (CMC-05): the holder of a certificate; the key that is to be certified,
 * which says no more than the CSR's own signature; or nobody. For the last two TLS and HTTP say who
 * asks. */
#include "ra/cmc.h"

#include "pki/crmf.h"

static bool refuse(struct error *err, const char *why)
{
	return error_set(err, REASON_CMS_SIGNATURE, "%s", why);
}

/* The certificate itself need not be in the message if TLS has shown it. */
static bool find_leaf(struct cmc_dialog *d, struct bytes *ret, struct error *err)
{
	struct bytes shown[CMS_CERTS_MAX + 1];
	size_t count = 0;

	for (size_t i = 0; i < d->message.cert_count; i++)
		shown[count++] = d->message.certs[i];
	if (d->request->client_chain_count)
		shown[count++] = d->request->client_chain[0];
	for (size_t i = 0; i < count; i++) {
		CLEANUP(cert_freep) struct cert *cert = NULL;

		if (!cert_parse(shown[i], &cert, err))
			return false;
		if (!cms_signer_is(&d->message, cert))
			continue;
		d->signer = TAKE(cert);
		*ret = shown[i];
		return true;
	}
	return true;
}

/* The leaf first, as TLS would have it. */
static void speak_for_signer(struct cmc_dialog *d, struct bytes leaf)
{
	size_t count = 0;

	d->asked.client_chain[count++] = leaf;
	for (size_t i = 0; i < d->message.cert_count && count < CLIENT_CHAIN_MAX; i++)
		if (!bytes_equal(d->message.certs[i], leaf))
			d->asked.client_chain[count++] = d->message.certs[i];
	d->asked.client_chain_count = count;
	d->asked.has_authorization = false;
	d->asked.authorization = (struct bytes){ 0 };
}

static bool key_of_pkcs10(struct bytes der, struct public_key **ret)
{
	CLEANUP(csr_freep) struct csr *csr = NULL;

	if (!csr_parse(der, true, &csr, NULL))
		return false;
	*ret = public_key_ref(csr_key(csr));
	return true;
}

static bool key_of_crmf(struct bytes contents, struct public_key **ret)
{
	struct crmf crmf;

	return crmf_parse(contents, &crmf, NULL) && crmf_key(&crmf, ret, NULL);
}

/* Whatever else is to be said of the request is said of it alone, and later. */
static bool requested_key(const struct cmc_part *part, struct public_key **ret)
{
	return (part->kind == CMC_PKCS10 && key_of_pkcs10(part->der, ret)) ||
	       (part->kind == CMC_CRMF && key_of_crmf(part->der, ret));
}

static bool is_signed_by(const struct cmc_dialog *d, const struct cmc_part *part)
{
	CLEANUP(public_key_freep) struct public_key *key = NULL;

	return requested_key(part, &key) && cms_signed_verify(&d->message, key, NULL);
}

/* Whoever asks what became of a request may have no other key than the request's own. */
static bool is_signed_by_waiting(const struct cmc_dialog *d, const struct cmc_control *control)
{
	struct cmc_part part;

	return control->type == CMC_QUERY_PENDING &&
	       cmc_query_pending_parse(control->value, &part, NULL) && is_signed_by(d, &part);
}

static bool signed_by_requested_key(const struct cmc_dialog *d)
{
	for (size_t i = 0; i < d->data.part_count; i++)
		if (is_signed_by(d, &d->data.parts[i]))
			return true;
	for (size_t i = 0; i < d->data.control_count; i++)
		if (is_signed_by_waiting(d, &d->data.controls[i]))
			return true;
	return false;
}

bool cmc_find_signer(struct cmc_dialog *d, struct error *err)
{
	struct bytes leaf = { 0 };

	if (d->message.is_unsigned)
		return cms_signed_verify(&d->message, NULL, err);
	if (!find_leaf(d, &leaf, err))
		return false;
	if (!d->signer)
		return (d->message.key_id.len && signed_by_requested_key(d)) ||
		       refuse(err, "neither a certificate nor a requested key is the signer's");
	if (!cms_signed_verify(&d->message, cert_key(d->signer), err))
		return false;
	speak_for_signer(d, leaf);
	return true;
}
