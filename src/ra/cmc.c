/* The story of a fullcmc: read, see who speaks, do each thing that is asked, answer. */
#include "ra/cmc.h"

#include "base/clock.h"
#include "ca/message.h"
#include "ra/slow_key.h"
#include "store/store_event.h"

/* Every response is signed by the CA, a refusal too, and whoever may send a message needs no more
 * for one than to be wrong: so each address has some, and earns them back. */
#define REFUSALS_AT_ONCE 100
#define MS_PER_REFUSAL 100

static struct limiter_trial refusals_of(const struct est_request *request)
{
	return (struct limiter_trial){ &request->peer, request->profile_id, REFUSALS_AT_ONCE,
				       MS_PER_REFUSAL };
}

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
	for (size_t i = 0; i < d->crl_count; i++)
		crl_done(&d->crls[i]);
	cmc_response_done(&d->response);
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

void cmc_refuse(struct cmc_dialog *d, uint32_t part, const struct error *refusal)
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

/* -- what is asked -- */

static const char *const unsupported[] = {
	[CMC_OTHER_REQUEST] = "a request of an unknown form",
	[CMC_CONTENT] = "no batch names this message within the message",
};

static bool answer_part(struct cmc_dialog *d, const struct cmc_part *part, struct error *err)
{
	struct error refusal = { 0 };

	if (part->kind == CMC_PKCS10 || part->kind == CMC_CRMF)
		return cmc_answer_request(d, part, err);
	if (cmc_is_in_batch(d, part))
		return true; /* later, by the control that names it */
	(void)!error_set(&refusal, REASON_CMC_CONTROL, "%s", unsupported[part->kind]);
	cmc_refuse(d, part->id, &refusal);
	return true;
}

static void tell_of_control(struct cmc_dialog *d, const struct cmc_control *control, bool *ret_asks)
{
	struct error refusal = { 0 };

	if (!cmc_do_control(d, control, ret_asks, &refusal))
		cmc_refuse(d, control->id, &refusal);
	else if (*ret_asks)
		cmc_tell(d, control->id, &refusal, true);
}

/* What may have certificates issued. */
static const struct {
	enum cmc_control_type type;
	bool (*answer)(struct cmc_dialog *, const struct cmc_control *, struct error *);
} issuing[] = {
	{ CMC_QUERY_PENDING, cmc_query_pending },
	{ CMC_BATCH_REQUESTS, cmc_answer_batch },
};

/* False where the whole message should be asked again. */
static bool answer_control(struct cmc_dialog *d, const struct cmc_control *control, bool *ret_any,
			   struct error *err)
{
	bool asks = false;

	for (size_t i = 0; i < ARRAY_LEN(issuing); i++) {
		if (issuing[i].type != control->type)
			continue;
		*ret_any = true;
		return issuing[i].answer(d, control, err);
	}
	tell_of_control(d, control, &asks);
	*ret_any = *ret_any || asks;
	return true;
}

static bool answer_all(struct cmc_dialog *d, struct error *err)
{
	struct error nothing = { 0 };
	bool any = d->data.part_count > 0;

	for (size_t i = 0; i < d->data.part_count; i++)
		if (!answer_part(d, &d->data.parts[i], err))
			return false;
	for (size_t i = 0; i < d->data.control_count; i++)
		if (!answer_control(d, &d->data.controls[i], &any, err))
			return false;
	if (!any) {
		(void)!error_set(&nothing, REASON_CMC_CONTROL, "the message asks for nothing");
		cmc_refuse(d, CMC_WHOLE_REQUEST, &nothing);
	}
	return true;
}

/* -- the whole -- */

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
		cmc_refuse(d, CMC_WHOLE_REQUEST, &refusal);
		return true;
	}
	if (!cmc_repeat_controls(d, err))
		return false;
	if (accept_message(d, &part, &refusal))
		return answer_all(d, err);
	cmc_refuse(d, part, &refusal);
	return true;
}

static bool respond(const struct cmc_dialog *d, struct est_reply *reply, struct error *err)
{
	CLEANUP(buffer_done) struct buffer content = { 0 };
	CLEANUP(buffer_done) struct buffer signed_data = { 0 };
	struct bytes certs[CMC_FOUND_MAX], crls[CMC_CRLS_MAX];

	for (size_t i = 0; i < d->found_count; i++)
		certs[i] = buffer_view(&d->found[i]);
	for (size_t i = 0; i < d->crl_count; i++)
		crls[i] = buffer_view(&d->crls[i].der);
	if (!cmc_response_encode(&d->response, &content, err))
		return false;
	const struct ca_message message = { .type = oid_cmc_pki_response,
					    .content = buffer_view(&content),
					    .certs = certs,
					    .cert_count = d->found_count,
					    .crls = crls,
					    .crl_count = d->crl_count };
	if (!ca_sign_message(d->ra->options.signer, d->ca, &message, &signed_data, err))
		return false;
	cms_content_info_write(&reply->cmc, oid_cms_signed_data, buffer_view(&signed_data));
	return buffer_ok(&reply->cmc) || error_set(err, REASON_NO_MEMORY, "response");
}

bool cmc_answer_message(struct ra *ra, const struct est_request *request, struct cmc_dialog *outer,
			struct est_reply *ret, struct error *err)
{
	CLEANUP(dialog_done) struct cmc_dialog d = { 0 };

	if (!dialog_open(ra, request, &d, err))
		return false;
	d.outer = outer;
	/* the key signs the response even where it signs nothing else */
	if (!slow_key_may_sign(ra->options.signer, d.ca->key_name, request, ret, err) ||
	    !converse(&d, err) || !respond(&d, ret, err))
		return false;
	if (d.has_refused) {
		const struct limiter_trial trial = refusals_of(request);
		limiter_count(ra->cmc_refusals, &trial, monotonic_ms());
	}
	return true;
}

bool ra_fullcmc(struct ra *ra, const struct est_request *request, struct est_reply *ret,
		struct error *err)
{
	const struct limiter_trial trial = refusals_of(request);

	return limiter_check(ra->cmc_refusals, &trial, monotonic_ms(), err) &&
	       cmc_answer_message(ra, request, NULL, ret, err);
}
