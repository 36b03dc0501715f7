/* What the controls of a CMC request mean here (RFC 5272 6). */
#include "ra/cmc.h"

#include <stdio.h>

#include "base/hex.h"
#include "base/random.h"
#include "pki/der.h"
#include "store/store_audit.h"
#include "store/store_certificate.h"

#define NONCE_LEN 16

/* -- those that are only repeated -- */

static const struct {
	enum cmc_control_type from, to;
} repeated[] = {
	{ CMC_TRANSACTION_ID, CMC_TRANSACTION_ID },
	{ CMC_SENDER_NONCE, CMC_RECIPIENT_NONCE },
	{ CMC_DATA_RETURN, CMC_DATA_RETURN },
};

static bool add_own_nonce(struct cmc_dialog *d, struct error *err)
{
	unsigned char nonce[NONCE_LEN];
	CLEANUP(buffer_done) struct buffer value = { 0 };

	if (!random_fill(nonce, sizeof nonce, err))
		return false;
	der_write(&value, DER_OCTET_STRING, (struct bytes){ nonce, sizeof nonce });
	if (!buffer_ok(&value))
		return error_set(err, REASON_NO_MEMORY, "nonce");
	cmc_response_control(&d->response, CMC_SENDER_NONCE, buffer_view(&value));
	return true;
}

bool cmc_repeat_controls(struct cmc_dialog *d, struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(repeated); i++) {
		const struct cmc_control *control = cmc_control_find(&d->data, repeated[i].from);

		if (control)
			cmc_response_control(&d->response, repeated[i].to, control->value);
	}
	return add_own_nonce(d, err);
}

/* -- those that fail the message -- */

/* Passphrases are kept as verifiers, from which no key of a MAC can be made. */
static const struct {
	enum cmc_control_type type;
	enum reason reason;
	const char *why;
} refused[] = {
	{ CMC_CONTROL_UNKNOWN, REASON_CMC_CONTROL, "an unknown control" },
	{ CMC_BATCH_RESPONSES, REASON_CMC_CONTROL, "batchResponses is a server's to send" },
	{ CMC_IDENTITY_PROOF, REASON_BAD_CREDENTIALS, "no secret is shared with this client" },
	{ CMC_IDENTITY_PROOF_V2, REASON_BAD_CREDENTIALS, "no secret is shared with this client" },
	{ CMC_POP_LINK_RANDOM, REASON_BAD_CREDENTIALS, "no secret is shared with this client" },
};

static bool check_control(const struct cmc_dialog *d, const struct cmc_control *control,
			  struct error *err)
{
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (refused[i].type == control->type)
			return error_set(err, refused[i].reason, "%s", refused[i].why);
	return control->type != CMC_BATCH_REQUESTS || cmc_check_batch(d, control, err);
}

bool cmc_check_controls(struct cmc_dialog *d, uint32_t *ret_part, struct error *err)
{
	for (size_t i = 0; i < d->data.control_count; i++) {
		*ret_part = d->data.controls[i].id;
		if (!check_control(d, &d->data.controls[i], err))
			return false;
	}
	*ret_part = CMC_WHOLE_REQUEST;
	return cmc_take_requests(d, err);
}

/* -- certificates that a control names -- */

static bool find_named(const struct cmc_dialog *d, const struct cmc_certificate *named,
		       struct certificate *ret, struct error *err)
{
	for (size_t i = 0; i < d->catalog->ca_count; i++) {
		const struct ca *ca = &d->catalog->cas[i];

		if (ca->account_id != d->profile->account_id ||
		    !bytes_equal(cert_subject_der(ca->cert), named->issuer))
			continue;
		if (store_certificate_find_by_serial(d->ra->options.store, ca->id, named->serial,
						     ret, err))
			return ret->state == CERTIFICATE_ISSUED ||
			       ret->state == CERTIFICATE_REVOKED ||
			       error_set(err, REASON_NOT_FOUND, "it was never issued");
		if (err->reason != REASON_NOT_FOUND)
			return false;
	}
	return error_set(err, REASON_NOT_FOUND, "no CA of this account has issued it");
}

bool cmc_open_caller(const struct cmc_dialog *d, struct enrollment *ret, struct error *err)
{
	if (!enrollment_open_bare(d->ra, &d->asked, ret, err) ||
	    !authenticate_certificate(ret, err))
		return false;
	facts_gather_place(ret);
	return true;
}

/* -- getCert -- */

static bool get_cert(struct cmc_dialog *d, const struct cmc_control *control, struct error *err)
{
	CLEANUP(enrollment_done) struct enrollment caller = { 0 };
	CLEANUP(certificate_done) struct certificate record = { 0 };
	struct cmc_certificate named;

	return cmc_get_cert_parse(control->value, &named, err) &&
	       cmc_open_caller(d, &caller, err) &&
	       policy_knows_caller(d->profile, &caller.facts, err) &&
	       find_named(d, &named, &record, err) &&
	       cmc_add_found(d, (struct bytes){ record.der, record.der_len }, err);
}

/* -- revokeRequest -- */

/* What a holder can say of itself: not that a CA is compromised, and a hold is an operator's. */
static bool reason_is_holders(uint32_t reason)
{
	return reason == REVOKED_UNSPECIFIED || reason == REVOKED_KEY_COMPROMISE ||
	       reason == REVOKED_AFFILIATION_CHANGED || reason == REVOKED_SUPERSEDED ||
	       reason == REVOKED_CESSATION_OF_OPERATION || reason == REVOKED_PRIVILEGE_WITHDRAWN;
}

static bool check_revocation(const struct cmc_revocation *wish, int64_t now, struct error *err)
{
	if (!reason_is_holders(wish->reason))
		return error_set(err, REASON_INVALID, "the reason %lu is not for a holder to give",
				 (unsigned long)wish->reason);
	if (wish->invalidity_date > now)
		return error_set(err, REASON_INVALID, "the invalidity date is in the future");
	return true;
}

static bool audit_revocation(const struct enrollment *caller, struct store_tx *tx,
			     const struct certificate *target, enum revocation_reason reason,
			     struct error *err)
{
	char requester[ERROR_DETAIL_MAX], actor[ERROR_DETAIL_MAX + 8];
	char serial[2 * CERT_SERIAL_MAX + 1], object[96 + 2 * CERT_SERIAL_MAX];
	const struct audit_entry entry = {
		.account_id = target->account_id,
		.actor = actor,
		.action = "certificate.revoke",
		.object = object,
		.after = revocation_reason_text(reason),
	};

	enrollment_requester(caller, requester, sizeof requester);
	snprintf(actor, sizeof actor, "est:%s", requester);
	snprintf(object, sizeof object, "certificate %s",
		 hex_encode((struct bytes){ target->serial, target->serial_len }, serial));
	return store_audit_append(tx, &entry, err);
}

static bool revoke(struct cmc_dialog *d, const struct cmc_control *control, struct error *err)
{
	CLEANUP(enrollment_done) struct enrollment caller = { 0 };
	CLEANUP(certificate_done) struct certificate target = { 0 };
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	struct cmc_revocation wish;

	if (!cmc_revocation_parse(control->value, &wish, err) ||
	    !cmc_open_caller(d, &caller, err) ||
	    !policy_knows_caller(d->profile, &caller.facts, err) ||
	    !check_revocation(&wish, caller.facts.now, err) ||
	    !find_named(d, &wish.certificate, &target, err) ||
	    !policy_may_revoke(d->profile, &caller.facts, &target, err))
		return false;

	enum revocation_reason reason = (enum revocation_reason)wish.reason;
	return store_begin(d->ra->options.store, &tx, err) &&
	       store_certificate_revoke(tx, target.id, reason, caller.facts.now,
					wish.invalidity_date, err) &&
	       audit_revocation(&caller, tx, &target, reason, err) &&
	       store_commit_lazily(TAKE(tx), err);
}

/* -- confirmCertAcceptance -- */

/* Certificates are valid from the moment they are issued; nobody waits for a confirmation. */
static bool confirm(struct cmc_dialog *d, const struct cmc_control *control, struct error *err)
{
	(void)d, (void)control, (void)err;
	return true;
}

static const struct {
	enum cmc_control_type type;
	bool (*act)(struct cmc_dialog *, const struct cmc_control *, struct error *);
} actions[] = {
	{ CMC_GET_CERT, get_cert },
	{ CMC_GET_CRL, cmc_get_crl },
	{ CMC_REVOKE_REQUEST, revoke },
	{ CMC_CONFIRM_CERT_ACCEPTANCE, confirm },
};

bool cmc_do_control(struct cmc_dialog *d, const struct cmc_control *control, bool *ret_asks,
		    struct error *err)
{
	*ret_asks = false;
	for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
		if (actions[i].type != control->type)
			continue;
		*ret_asks = true;
		return actions[i].act(d, control, err);
	}
	return true;
}
