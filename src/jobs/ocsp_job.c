#include "jobs/ocsp_job.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "ca/ca.h"
#include "policy/policy.h"
#include "store/store_audit.h"
#include "store/store_ocsp.h"

#define ACTOR "schedule"
#define BACKDATE 300  /* clocks of relying parties run behind */
#define RSA_BITS 2048 /* strong enough for weeks, and quick to sign with */
#define NAME_OF_RESPONDER "OCSP responder"

/* A responder about to be. */
struct making {
	const struct jobs_options *options;
	const struct ca *ca;
	char key_name[KEY_NAME_MAX + 1];
	struct public_key *key;
	struct certificate certificate;
};

static void making_done(struct making *making)
{
	public_key_free(making->key);
	certificate_done(&making->certificate);
}

/* -- its key -- */

/* Of the CA's kind: whoever can verify the certificate can verify the answer. In a file wherever
 * the CA's is: a token would be asked for every answer, and one that is lost vouches for a few
 * weeks at most. */
static bool make_key(struct making *making, struct error *err)
{
	const struct key_order order = {
		.place = KEY_IN_FILE,
		.type = public_key_type(cert_key(making->ca->cert)),
		.bits = RSA_BITS,
		.label = making->ca->name,
	};

	return signer_generate(making->options->signer, &order, making->key_name, &making->key,
			       err);
}

/* -- its certificate -- */

/* The CA's name with another common name, so that it lies within what constrains the CA's. */
static bool make_subject(const struct cert *ca, struct name *ret, struct error *err)
{
	const struct name *above = cert_subject(ca);
	CLEANUP(name_done) struct name subject = { 0 };

	for (size_t i = 0; i < above->count; i++) {
		const struct name_entry *entry = &above->entries[i];
		if (entry->attribute == NAME_COMMON_NAME || entry->attribute == NAME_UNKNOWN)
			continue;
		if (!name_append(&subject, entry->attribute, entry->value, err))
			return false;
	}
	if (!name_append(&subject, NAME_COMMON_NAME, NAME_OF_RESPONDER, err))
		return false;
	*ret = subject;
	subject = (struct name){ 0 };
	return true;
}

static bool order(const struct making *making, struct grant **ret, struct error *err)
{
	CLEANUP(name_done) struct name subject = { 0 };
	int64_t now = clock_now(making->options->clock);

	if (!make_subject(making->ca->cert, &subject, err))
		return false;
	const struct order order = {
		.purpose = PURPOSE_OCSP,
		.account_id = making->ca->account_id,
		.ca = making->ca,
		.subject = &subject,
		.key = making->key,
		.signature = SIGN_COUNT,
		.not_before = now - BACKDATE,
		.validity_seconds = making->options->responder_validity + BACKDATE,
		.path_len = -1,
		.operator= ACTOR,
	};
	return policy_grant_order(&order, ret, err);
}

static bool prepare(const struct making *making, struct issuance **ret, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	CLEANUP(grant_freep) struct grant *grant = NULL;
	const struct ca_context context = { making->options->clock, NULL };

	return order(making, &grant, err) && store_begin(making->options->store, &tx, err) &&
	       ca_prepare(tx, TAKE(grant), making->ca, &context, INTENT_ENTERED, ret, err) &&
	       store_commit(TAKE(tx), err);
}

static bool sign(struct making *making, struct error *err)
{
	CLEANUP(issuance_freep) struct issuance *issuance = NULL;

	return prepare(making, &issuance, err) &&
	       ca_sign(making->options->signer, making->ca->key_name, TAKE(issuance),
		       &making->certificate, err);
}

/* -- its record -- */

static bool audit(struct store_tx *tx, const struct making *making, struct error *err)
{
	char object[160], serial[2 * CERT_SERIAL_MAX + 1], after[96];
	const struct audit_entry entry = {
		.account_id = making->ca->account_id,
		.actor = ACTOR,
		.action = "ocsp.responder",
		.object = object,
		.after = after,
	};

	hex_encode((struct bytes){ making->certificate.serial, making->certificate.serial_len },
		   serial);
	snprintf(object, sizeof object, "ca %s", making->ca->name);
	snprintf(after, sizeof after, "certificate %s", serial);
	return store_audit_append(tx, &entry, err);
}

static bool record(struct making *making, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;

	return store_begin(making->options->store, &tx, err) &&
	       ca_record(tx, &making->certificate, err) &&
	       store_responder_put(tx, making->ca->id, making->certificate.id, making->key_name,
				   err) &&
	       audit(tx, making, err) && store_commit(TAKE(tx), err);
}

/* Empty where there was none. */
static bool find_key_before(const struct making *making, struct stored_responder *ret,
			    struct error *err)
{
	struct error missing = { 0 };

	if (store_responder_find(making->options->store, making->ca->id, ret, &missing) ||
	    missing.reason == REASON_NOT_FOUND)
		return true;
	*err = missing;
	return false;
}

/* The key before is not needed any more: what it signed carries its certificate. */
static bool make(const struct jobs_options *options, const struct ca *ca, struct error *err)
{
	CLEANUP(making_done) struct making making = { .options = options, .ca = ca };
	CLEANUP(stored_responder_done) struct stored_responder before = { 0 };

	if (!find_key_before(&making, &before, err) || !make_key(&making, err))
		return false;
	if (!sign(&making, err) || !record(&making, err)) {
		signer_remove(options->signer, making.key_name);
		return false;
	}
	options->responder_made(options->context, ca, &making.certificate);
	if (before.key_name[0] != '\0')
		signer_remove(options->signer, before.key_name);
	return true;
}

/* -- when -- */

/* With a third of its life left there is time for what may be in the way. */
static bool is_due(const struct jobs_options *options, const struct ca *ca)
{
	int64_t since, until, now = clock_now(options->clock);

	return !ocsp_responder_life(options->ocsp, ca->id, &since, &until) ||
	       now >= until - (until - since - BACKDATE) / 3;
}

/* Nothing outlives its CA, and what would end with it is not made again and again. */
static bool is_worth_making(const struct jobs_options *options, const struct ca *ca)
{
	int64_t since, until, now = clock_now(options->clock);

	if (now >= cert_not_after(ca->cert))
		return false;
	return !ocsp_responder_life(options->ocsp, ca->id, &since, &until) ||
	       until < cert_not_after(ca->cert);
}

void ocsp_job_run(struct failures *failures, const struct jobs_options *options,
		  const struct catalog *catalog)
{
	for (size_t i = 0; i < catalog->ca_count; i++) {
		const struct ca *ca = &catalog->cas[i];
		struct error err = { 0 };

		if (!ca_tells_status(ca) || !is_due(options, ca) || !is_worth_making(options, ca) ||
		    !failures_let_try(failures, options, ca))
			continue;
		if (!make(options, ca, &err))
			failures_note(failures, options, "ocsp.failed", ca, &err);
	}
}
