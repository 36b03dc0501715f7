/* The certification requests of a CMC message: each becomes what simpleenroll or simplereenroll
 * would have brought. */
#include "ra/cmc.h"

#include "pki/crmf.h"
#include "pki/der.h"
#include "ra/enroll.h"

/* -- CRMF: what it says beside a CSR must be so -- */

static bool is_of_ca(const struct cmc_dialog *d, struct bytes issuer)
{
	CLEANUP(name_done) struct name name = { 0 };

	return name_parse(issuer, &name, NULL) && name_equal(&name, cert_subject(d->ca->cert));
}

/* The certificate that speaks for the message is the one that is renewed by it. */
static bool speaks_by(const struct cmc_dialog *d, const struct cmc_certificate *named)
{
	CLEANUP(cert_freep) struct cert *cert = NULL;

	return d->asked.client_chain_count > 0 &&
	       cert_parse(d->asked.client_chain[0], &cert, NULL) &&
	       bytes_equal(cert_issuer_der(cert), named->issuer) &&
	       bytes_equal(cert_serial(cert), named->serial);
}

static bool check_crmf(const struct cmc_dialog *d, const struct crmf *crmf, struct error *err)
{
	if (crmf->issuer.len && !is_of_ca(d, crmf->issuer))
		return error_set(err, REASON_NOT_FOUND,
				 "the template's issuer is not the profile's CA");
	if (crmf->renews.serial.len && !speaks_by(d, &crmf->renews))
		return error_set(err, REASON_NOT_FOUND,
				 "oldCertID is not the certificate that speaks for the message");
	return true;
}

static bool read_crmf(const struct cmc_dialog *d, struct bytes contents, struct csr **ret,
		      struct error *err)
{
	struct crmf crmf;

	return crmf_parse(contents, &crmf, err) && check_crmf(d, &crmf, err) &&
	       crmf_to_csr(&crmf, ret, err);
}

/* -- PKCS#10 -- */

static bool read_pkcs10(const struct cmc_dialog *d, struct bytes der, struct csr **ret,
			struct error *err)
{
	CLEANUP(csr_freep) struct csr *csr = NULL;

	if (!csr_parse(der, !d->profile->strict_encoding, &csr, err) || !csr_verify(csr, err))
		return false;
	*ret = TAKE(csr);
	return true;
}

static bool is_witnessed(const struct cmc_dialog *d, const struct cmc_part *part)
{
	const struct cmc_control *witness = cmc_control_find(&d->data, CMC_LRA_POP_WITNESS);

	return witness && cmc_witness_names(witness->value, part->id);
}

/* No RA's word stands in for the key's own signature: whoever holds an RA's key could have any
 * stranger's key certified under a device's name. RFC 5272 6.8 has this answered by popFailed. */
static bool refuse_witness(const struct cmc_dialog *d, const struct cmc_part *part,
			   struct error *err)
{
	if (err->reason == REASON_POP_MISSING && is_witnessed(d, part))
		return error_set(err, REASON_POP_FAILED,
				 "lraPOPWitness does not stand in for the key's own signature");
	return false;
}

/* As a CSR whose possession is verified. */
static bool read_form(const struct cmc_dialog *d, const struct cmc_part *part, struct csr **ret,
		      struct error *err)
{
	if (part->kind == CMC_CRMF)
		return read_crmf(d, part->der, ret, err);
	return read_pkcs10(d, part->der, ret, err);
}

static bool read_request(const struct cmc_dialog *d, const struct cmc_part *part, struct csr **ret,
			 struct error *err)
{
	return read_form(d, part, ret, err) || refuse_witness(d, part, err);
}

/* -- what comes back -- */

static bool add_chain(struct cmc_dialog *d, struct bytes chain, struct error *err)
{
	struct der reader = der_open(chain);

	while (reader.rest.len > 0 && !reader.failed) {
		struct bytes der = der_read_whole(&reader, DER_SEQUENCE);

		/* the CA's own comes along in any case */
		if (!bytes_equal(der, cert_der(d->ca->cert)) && !cmc_add_found(d, der, err))
			return false;
	}
	return true;
}

/* -- the story -- */

/* An RA speaks for devices, and never by its own certificate's renewal. Where devices get their
 * first certificates by a passphrase, a signature is for renewals; elsewhere the profile itself
 * takes its own certificates' requests as such. */
static enum est_operation operation_of(const struct cmc_dialog *d)
{
	bool renews = d->profile->auth == AUTH_PASSPHRASE && d->signer &&
		      !cert_ext_key_usage_holds(d->signer, oid_cmc_ra);

	return renews ? EST_SIMPLEREENROLL : EST_SIMPLEENROLL;
}

static bool enroll(struct cmc_dialog *d, const struct cmc_part *part, const struct csr *csr,
		   struct est_reply *reply, struct error *err)
{
	struct est_request request = d->asked;

	request.operation = operation_of(d);
	request.csr = csr_der(csr);
	request.is_query = part->whole.len == 0;
	return ra_enroll(d->ra, &request, reply, err) &&
	       cmc_add_found(d, buffer_view(&reply->certificate), err) &&
	       add_chain(d, buffer_view(&reply->chain), err);
}

/* At the edge a CSR is verified before its request is asked; here it was still wrapped. */
bool cmc_answer_request(struct cmc_dialog *d, const struct cmc_part *part, struct error *err)
{
	CLEANUP(est_reply_done) struct est_reply reply = { 0 };
	CLEANUP(csr_freep) struct csr *csr = NULL;
	struct error refusal = { 0 };

	if (!read_request(d, part, &csr, &refusal)) {
		cmc_refuse(d, part->id, &refusal);
		return true;
	}
	if (!enroll(d, part, csr, &reply, &refusal) && refusal.reason == REASON_BUSY &&
	    d->request->is_patient) {
		*err = refusal;
		return false;
	}
	cmc_tell_request(d, part, &refusal, reply.authenticated);
	return true;
}

/* -- queryPending (RFC 5272 6.13) -- */

static bool is_request(const struct cmc_part *part)
{
	return part->kind == CMC_PKCS10 || part->kind == CMC_CRMF;
}

bool cmc_take_requests(struct cmc_dialog *d, struct error *err)
{
	struct cmc_dialog *whole = d->outer ? d->outer : d;

	for (size_t i = 0; i < d->data.part_count; i++)
		whole->requests += is_request(&d->data.parts[i]);
	for (size_t i = 0; i < d->data.control_count; i++)
		whole->requests += d->data.controls[i].type == CMC_QUERY_PENDING;
	return whole->requests <= CMC_PARTS_MAX ||
	       error_set(err, REASON_CMC_CONTROL, "more than %d requests and tokens",
			 CMC_PARTS_MAX);
}

/* The token is the request itself, so nothing is kept for it: whoever shows it is judged as having
 * sent the request again, and gets what waits for that key and that asker. pendInfo is left out of
 * the answer: "If the otherInfo is not omitted, the value of 'pendInfo' MUST be the same". */
bool cmc_query_pending(struct cmc_dialog *d, const struct cmc_control *control, struct error *err)
{
	struct error refusal = { 0 };
	struct cmc_part part;

	if (!cmc_query_pending_parse(control->value, &part, &refusal) || !is_request(&part)) {
		if (refusal.reason == REASON_NONE)
			(void)!error_set(&refusal, REASON_CMC_CONTROL,
					 "the token holds no request of a known form");
		cmc_refuse(d, control->id, &refusal);
		return true;
	}
	part.id = control->id;
	part.whole = (struct bytes){ 0 };
	return cmc_answer_request(d, &part, err);
}
