/* Gathers what policy judges, beyond who is asking. */
#include "ra/enrollment.h"

#include <string.h>

#include "est/binding.h"
#include "store/store_certificate.h"

/* RFC 7894's attribute says what it is and wins over the overloaded challengePassword. */
static const char *binding_text(const struct enrollment *e)
{
	const char *linking = csr_est_identity_linking(e->csr);

	if (linking)
		return linking;
	return e->profile->challenge == CHALLENGE_IS_BINDING ? csr_challenge_password(e->csr)
							     : NULL;
}

static enum binding_finding find_binding(const struct enrollment *e)
{
	const struct channel_binding *binding = &e->request->binding;
	const char *text = binding_text(e);

	if (!text)
		return BINDING_ABSENT;
	if (binding->proxied)
		return BINDING_NOT_COMPARABLE;
	return binding_names_session(binding, text) ? BINDING_MATCHES : BINDING_DIFFERS;
}

/* For a device the certificate being renewed is the one it authenticates with; an RA names it by
 * its subject. */
static bool find_renewed_by_ra(struct enrollment *e, struct error *err)
{
	CLEANUP(buffer_done) struct buffer subject = { 0 };
	struct error missing = { 0 };

	name_to_text(csr_subject(e->csr), &subject);
	const char *text = buffer_cstring(&subject);
	if (!text)
		return error_set(err, REASON_NO_MEMORY, "subject");
	if (!store_certificate_find_by_subject(e->ra->options.store, e->profile->id, text,
					       &e->renewed_record, &missing)) {
		if (missing.reason == REASON_NOT_FOUND)
			return true;
		*err = missing;
		return false;
	}
	if (!cert_parse((struct bytes){ e->renewed_record.der, e->renewed_record.der_len },
			&e->renewed_cert, err))
		return false;
	e->facts.renewed = &e->renewed_record;
	e->facts.renewed_cert = e->renewed_cert;
	return true;
}

static bool find_renewed(struct enrollment *e, struct error *err)
{
	const struct certificate_finding *finding = &e->facts.certificate;

	if (finding->kind == IDENTITY_OWN) {
		e->facts.renewed = finding->record;
		e->facts.renewed_cert = finding->cert;
	}
	if (finding->kind == IDENTITY_RA && e->facts.operation == EST_SIMPLEREENROLL)
		return find_renewed_by_ra(e, err);
	return true;
}

bool facts_find_key_use(struct enrollment *e, struct error *err)
{
	CLEANUP(buffer_done) struct buffer subject = { 0 };
	struct store_key_use use = { 0 };

	/* a key that is yet to be made was never used */
	if (e->profile->key_reuse == KEY_REUSE_ANY || !csr_key(e->csr))
		return true;
	policy_subject_text(e->profile, &e->facts, &subject);
	const char *text = buffer_cstring(&subject);
	if (!text)
		return error_set(err, REASON_NO_MEMORY, "subject");
	if (!store_key_use_find(e->ra->options.store, e->profile->account_id,
				public_key_hash(csr_key(e->csr)), text, e->facts.now, &use, err))
		return false;
	e->facts.key = (struct key_finding){ use.used, use.used_by_other, use.revoked };
	return true;
}

/* The decision's own count; the one that binds is taken with the certificate's entry. A subject
 * that is empty is told by its SAN, which is not known yet. */
static bool find_live(struct enrollment *e, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	CLEANUP(buffer_done) struct buffer subject = { 0 };

	if (e->profile->certificates_per_subject == 0)
		return true;
	policy_subject_text(e->profile, &e->facts, &subject);
	const struct store_holder holder = { e->profile->id, buffer_cstring(&subject), "" };
	if (!holder.subject)
		return error_set(err, REASON_NO_MEMORY, "subject");
	if (subject.len == 0)
		return true;
	return store_begin(e->ra->options.store, &tx, err) &&
	       store_certificate_count_of_holder(tx, &holder,
						 e->facts.renewed ? e->facts.renewed->id : 0,
						 e->facts.now, &e->facts.live, err);
}

void facts_gather_place(struct enrollment *e)
{
	e->facts.account = catalog_account(e->catalog, e->profile->account_id);
	e->facts.ca = catalog_ca(e->catalog, e->profile->ca_id);
	e->facts.address_allowed = e->facts.account &&
				   address_set_holds(&e->facts.account->allowed, &e->request->peer);
}

bool facts_gather(struct enrollment *e, struct error *err)
{
	facts_gather_place(e);
	e->facts.binding = find_binding(e);
	return find_renewed(e, err) && find_device_of_renewed(e, err) &&
	       facts_find_key_use(e, err) && find_live(e, err);
}
