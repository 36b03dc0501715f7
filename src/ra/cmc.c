/* The story of a fullcmc: read, see who speaks, do each thing that is asked, answer. */
#include "ra/cmc.h"

#include "ca/message.h"
#include "pki/der.h"
#include "ra/enroll.h"
#include "store/store_event.h"

static bool dialog_open(struct ra *ra, const struct est_request *request, struct cmc_dialog *ret,
			struct error *err)
{
	*ret = (struct cmc_dialog){
		.ra = ra, .request = request, .asked = *request, .catalog = ra_catalog(ra)
	};
	ret->profile = catalog_profile(ret->catalog, request->profile_id);
	if (!ret->profile)
		return error_set(err, REASON_UNKNOWN_LABEL, "the profile is gone");
	if (!ret->profile->fullcmc)
		return error_set(err, REASON_UNKNOWN_OPERATION,
				 "the profile has fullcmc switched off");
	ret->ca = catalog_ca(ret->catalog, ret->profile->ca_id);
	return ret->ca || error_set(err, REASON_CA_UNAVAILABLE, "the profile has no CA");
}

static void dialog_done(struct cmc_dialog *d)
{
	for (size_t i = 0; i < d->found_count; i++)
		buffer_done(&d->found[i]);
	buffer_done(&d->response.controls);
	cert_free(d->signer);
	catalog_unref(d->catalog);
}

/* Refusals that no enrollment tells of: the operator hears of these too. */
static void tell_operator(const struct cmc_dialog *d, const struct error *refusal)
{
	CLEANUP(enrollment_done) struct enrollment e = { 0 };
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	struct event event;

	if (!enrollment_open_bare(d->ra, d->request, &e, NULL))
		return;
	enrollment_event(&e, refusal, NULL, &event);
	if (store_begin(d->ra->options.store, &tx, NULL) && store_event_insert(tx, &event, NULL))
		(void)!store_commit_lazily(TAKE(tx), NULL);
}

static void refuse_part(struct cmc_dialog *d, uint32_t part, const struct error *refusal)
{
	tell_operator(d, refusal);
	cmc_tell(d, part, refusal, d->signer != NULL);
}

/* -- what comes back -- */

bool cmc_add_found(struct cmc_dialog *d, struct bytes der, struct error *err)
{
	if (d->found_count == CMC_FOUND_MAX)
		return error_set(err, REASON_TOO_LARGE, "too many certificates to send");

	struct buffer *found = &d->found[d->found_count++];
	buffer_append(found, der);
	return buffer_ok(found) || error_set(err, REASON_NO_MEMORY, "certificate");
}

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

/* -- certification requests -- */

/* An RA speaks for devices, and never by its own certificate's renewal. Where devices get their
 * first certificates by a passphrase, a signature is for renewals; elsewhere the profile itself
 * takes its own certificates' requests as such. */
static enum est_operation operation_of(const struct cmc_dialog *d)
{
	bool renews = d->profile->auth == AUTH_PASSPHRASE && d->signer &&
		      !cert_ext_key_usage_holds(d->signer, oid_cmc_ra);

	return renews ? EST_SIMPLEREENROLL : EST_SIMPLEENROLL;
}

/* At the edge this is done before a request is asked; here the CSR was still wrapped. */
static bool check_csr(const struct cmc_dialog *d, struct bytes der, struct error *err)
{
	CLEANUP(csr_freep) struct csr *csr = NULL;

	return csr_parse(der, !d->profile->strict_encoding, &csr, err) && csr_verify(csr, err);
}

static bool enroll(struct cmc_dialog *d, const struct cmc_part *part, struct est_reply *reply,
		   struct error *err)
{
	struct est_request request = d->asked;

	request.operation = operation_of(d);
	request.csr = part->der;
	return ra_enroll(d->ra, &request, reply, err) &&
	       cmc_add_found(d, buffer_view(&reply->certificate), err) &&
	       add_chain(d, buffer_view(&reply->chain), err);
}

/* False where the whole message should be asked again, for somebody is busy. */
static bool answer_pkcs10(struct cmc_dialog *d, const struct cmc_part *part, struct error *err)
{
	CLEANUP(est_reply_done) struct est_reply reply = { 0 };
	struct error refusal = { 0 };

	if (!check_csr(d, part->der, &refusal)) {
		refuse_part(d, part->id, &refusal);
		return true;
	}
	if (!enroll(d, part, &reply, &refusal) && refusal.reason == REASON_BUSY &&
	    d->request->is_patient) {
		*err = refusal;
		return false;
	}
	cmc_tell(d, part->id, &refusal, reply.authenticated);
	return true;
}

static const char *const unsupported[] = {
	[CMC_CRMF] = "CRMF requests are not taken: send PKCS#10",
	[CMC_OTHER_REQUEST] = "a request of an unknown form",
	[CMC_CONTENT] = "a message within the message is not read",
};

static bool answer_part(struct cmc_dialog *d, const struct cmc_part *part, struct error *err)
{
	struct error refusal = { 0 };

	if (part->kind == CMC_PKCS10)
		return answer_pkcs10(d, part, err);
	(void)!error_set(&refusal, REASON_CMC_CONTROL, "%s", unsupported[part->kind]);
	refuse_part(d, part->id, &refusal);
	return true;
}

/* -- the whole -- */

static void answer_controls(struct cmc_dialog *d, bool *ret_any)
{
	for (size_t i = 0; i < d->data.control_count; i++) {
		const struct cmc_control *control = &d->data.controls[i];
		struct error refusal = { 0 };
		bool asks = false;

		if (!cmc_do_control(d, control, &asks, &refusal))
			refuse_part(d, control->id, &refusal);
		else if (asks)
			cmc_tell(d, control->id, &refusal, true);
		*ret_any = *ret_any || asks;
	}
}

static bool answer_all(struct cmc_dialog *d, struct error *err)
{
	struct error nothing = { 0 };
	bool any = d->data.part_count > 0;

	for (size_t i = 0; i < d->data.part_count; i++)
		if (!answer_part(d, &d->data.parts[i], err))
			return false;
	answer_controls(d, &any);
	if (!any) {
		(void)!error_set(&nothing, REASON_CMC_CONTROL, "the message asks for nothing");
		refuse_part(d, CMC_WHOLE_REQUEST, &nothing);
	}
	return true;
}

static bool read_message(struct cmc_dialog *d, struct error *err)
{
	if (d->request->csr.len > CMC_MAX)
		return error_set(err, REASON_TOO_LARGE, "a message of %zu octets; the most is %d",
				 d->request->csr.len, CMC_MAX);
	if (!cms_signed_parse(d->request->csr, &d->message, err))
		return false;
	if (!bytes_equal(d->message.type, oid_cmc_pki_data))
		return error_set(err, REASON_CMS_MALFORMED,
				 "the content is no PKIData (RFC 5272 3.2.1)");
	return cmc_request_parse(d->message.content, &d->data, err);
}

/* All that fails the message before anything of it is done. */
static bool accept_message(struct cmc_dialog *d, uint32_t *ret_part, struct error *err)
{
	*ret_part = CMC_WHOLE_REQUEST;
	return cmc_find_signer(d, err) && cmc_check_controls(d, ret_part, err);
}

static bool converse(struct cmc_dialog *d, struct error *err)
{
	struct error refusal = { 0 };
	uint32_t part = CMC_WHOLE_REQUEST;

	if (!read_message(d, &refusal)) {
		refuse_part(d, CMC_WHOLE_REQUEST, &refusal);
		return true;
	}
	if (!cmc_repeat_controls(d, err))
		return false;
	if (accept_message(d, &part, &refusal))
		return answer_all(d, err);
	refuse_part(d, part, &refusal);
	return true;
}

static bool respond(const struct cmc_dialog *d, struct est_reply *reply, struct error *err)
{
	CLEANUP(buffer_done) struct buffer content = { 0 };
	CLEANUP(buffer_done) struct buffer signed_data = { 0 };
	struct bytes certs[CMC_FOUND_MAX];

	for (size_t i = 0; i < d->found_count; i++)
		certs[i] = buffer_view(&d->found[i]);
	if (!cmc_response_encode(&d->response, &content, err))
		return false;
	const struct ca_message message = { .type = oid_cmc_pki_response,
					    .content = buffer_view(&content),
					    .certs = certs,
					    .cert_count = d->found_count };
	if (!ca_sign_message(d->ra->options.signer, d->ca, &message, &signed_data, err))
		return false;
	cms_content_info_write(&reply->cmc, oid_cms_signed_data, buffer_view(&signed_data));
	return buffer_ok(&reply->cmc) || error_set(err, REASON_NO_MEMORY, "response");
}

bool ra_fullcmc(struct ra *ra, const struct est_request *request, struct est_reply *ret,
		struct error *err)
{
	CLEANUP(dialog_done) struct cmc_dialog d = { 0 };

	return dialog_open(ra, request, &d, err) && converse(&d, err) && respond(&d, ret, err);
}
