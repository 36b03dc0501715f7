/* fullcmc (RFC 7030 4.3): one message in, which becomes the same requests that simpleenroll and
 * simplereenroll bring, by the same door; one Full PKI Response out. */
#pragma once

#include "pki/cmc.h"
#include "model/crl.h"
#include "pki/cms.h"
#include "ra/enrollment.h"

/* False with *err only where no response can be made: the profile has it switched off, or its CA
 * cannot sign. Every other outcome is a response. */
MUST_CHECK bool ra_fullcmc(struct ra *ra, const struct est_request *request, struct est_reply *ret,
			   struct error *err);

/* -- within ra/cmc*.c -- */

#define CMC_FOUND_MAX (2 * CMC_CONTROLS_MAX)
#define CMC_CRLS_MAX 4
#define CMC_CRLS_OCTETS_MAX (4 * 1024 * 1024) /* of all; a longer one is fetched by its URL */

struct cmc_dialog {
	struct ra *ra;
	struct cmc_dialog *outer; /* NULL, or of the message whose batch holds this one */
	size_t requests;          /* and tokens, so far; those of a batch count together */
	const struct est_request *request;
	struct catalog *catalog; /* a reference */
	const struct profile *profile;
	const struct ca *ca; /* the profile's, which signs the response */

	struct cms_signed message;
	struct cmc_request data;
	struct cert *signer; /* NULL: none signed, or the very key that is to be certified */
	/* What each part becomes, but for its CSR: the signer's certificates stand where TLS's
	 * would, as it is the signer who speaks. */
	struct est_request asked;

	struct cmc_response response;
	bool has_refused;                   /* something, for a reason of the client's */
	struct buffer found[CMC_FOUND_MAX]; /* DER certificates to go along */
	size_t found_count;
	struct crl crls[CMC_CRLS_MAX];
	size_t crl_count;
};

/* Who signed: finds the certificate, checks the signature, fills `signer` and `asked`. Whether the
 * certificate is good for anything is for those to say who are asked. */
MUST_CHECK bool cmc_find_signer(struct cmc_dialog *dialog, struct error *err);
/* Puts what only has to be repeated into the response: transaction, nonces, dataReturn. */
MUST_CHECK bool cmc_repeat_controls(struct cmc_dialog *dialog, struct error *err);
/* A control that nothing here understands, or that proves an identity in a way that nothing here
 * can check, fails the whole message (RFC 5272 6.2, CMC-02); its body part goes to *ret_part. */
MUST_CHECK bool cmc_check_controls(struct cmc_dialog *dialog, uint32_t *ret_part,
				   struct error *err);
/* Does what the control asks for, if it asks for anything: *ret_asks. */
MUST_CHECK bool cmc_do_control(struct cmc_dialog *dialog, const struct cmc_control *control,
			       bool *ret_asks, struct error *err);
/* One certificate to go along with the response; copied. */
MUST_CHECK bool cmc_add_found(struct cmc_dialog *dialog, struct bytes der, struct error *err);
/* Has the request of PKCS#10 or CRMF answered; one that waits is told its `whole` as its token.
 * False where the whole message should be asked again, for somebody is busy. */
MUST_CHECK bool cmc_answer_request(struct cmc_dialog *dialog, const struct cmc_part *part,
				   struct error *err);
/* A refusal that no enrollment tells of: the client hears of it, and the operator. */
void cmc_refuse(struct cmc_dialog *dialog, uint32_t part, const struct error *refusal);
/* queryPending: has the request that the token holds answered, under the control's identifier. */
MUST_CHECK bool cmc_query_pending(struct cmc_dialog *dialog, const struct cmc_control *control,
				  struct error *err);
/* No more requests and tokens than there may be requests; counts them. */
MUST_CHECK bool cmc_take_requests(struct cmc_dialog *dialog, struct error *err);
/* batchRequests: what it names is there; whether it names the part; has each answered. */
MUST_CHECK bool cmc_check_batch(const struct cmc_dialog *dialog, const struct cmc_control *control,
				struct error *err);
bool cmc_is_in_batch(const struct cmc_dialog *dialog, const struct cmc_part *part);
MUST_CHECK bool cmc_answer_batch(struct cmc_dialog *dialog, const struct cmc_control *control,
				 struct error *err);
/* A whole message; `outer` is that of the batch, or NULL. */
MUST_CHECK bool cmc_answer_message(struct ra *ra, const struct est_request *request,
				   struct cmc_dialog *outer, struct est_reply *ret,
				   struct error *err);
/* getCRL */
MUST_CHECK bool cmc_get_crl(struct cmc_dialog *dialog, const struct cmc_control *control,
			    struct error *err);
/* Who asks beside having something certified, as a value for policy; the caller's to close. */
MUST_CHECK bool cmc_open_caller(const struct cmc_dialog *dialog, struct enrollment *ret,
				struct error *err);
/* The same of a request, which may wait under its token. */
void cmc_tell_request(struct cmc_dialog *dialog, const struct cmc_part *part,
		      const struct error *refusal, bool authenticated);
/* Writes a refusal, or success for REASON_NONE, into the response. `authenticated` callers read
 * why. */
void cmc_tell(struct cmc_dialog *dialog, uint32_t part, const struct error *refusal,
	      bool authenticated);
