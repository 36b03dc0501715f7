/* The story of simpleenroll, simplereenroll and serverkeygen. */
#include "ra/enroll.h"

#include <stdio.h>
#include <string.h>

#include "base/pack.h"
#include "ra/approval.h"
#include "ra/slow_key.h"
#include "store/store_audit.h"
#include "store/store_certificate.h"
#include "store/store_event.h"

static bool hash_of_code(const struct enrollment *e, bool by_certificate,
			 unsigned char ret[HASH_LEN], struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	buffer_append_text(&text, "device code");
	pack_u64(&text, (uint64_t)e->facts.code.id);
	if (by_certificate)
		buffer_append(&text, (struct bytes){ cert_fingerprint(e->facts.certificate.cert),
						     CERT_FINGERPRINT_LEN });
	return buffer_ok(&text) ? hash_sha256(buffer_view(&text), ret, err)
				: error_set(err, REASON_NO_MEMORY, "identity");
}

bool enrollment_identity(const struct enrollment *e, unsigned char ret[HASH_LEN], struct error *err)
{
	const struct certificate_finding *certificate = &e->facts.certificate;
	bool by_certificate = certificate->cert && certificate->kind != IDENTITY_NONE;

	if (e->facts.code.id)
		return hash_of_code(e, by_certificate, ret, err);
	if (!by_certificate && !e->facts.passphrase.offered)
		return hash_sha256(BYTES_LITERAL("nobody"), ret, err);
	if (!by_certificate)
		return hash_sha256(BYTES_LITERAL("passphrase"), ret, err);
	memcpy(ret, cert_fingerprint(certificate->cert), CERT_FINGERPRINT_LEN);
	return true;
}

/* Two requests with the same key hash are the same request, sent again. */
static bool flight_key(const struct enrollment *e, const unsigned char identity[HASH_LEN],
		       unsigned char ret[HASH_LEN], struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	pack_u64(&text, (uint64_t)e->profile->id);
	buffer_append(&text, (struct bytes){ public_key_hash(csr_key(e->csr)), KEY_HASH_LEN });
	buffer_append(&text, (struct bytes){ identity, HASH_LEN });
	if (!buffer_ok(&text))
		return error_set(err, REASON_NO_MEMORY, "flight");
	return hash_sha256(buffer_view(&text), ret, err);
}

static bool names_are_same(const struct certificate *recent, const struct grant *grant)
{
	CLEANUP(cert_freep) struct cert *cert = NULL;

	return cert_parse((struct bytes){ recent->der, recent->der_len }, &cert, NULL) &&
	       name_equal(cert_subject(cert), &grant->subject) &&
	       san_equal(cert_san(cert), &grant->san);
}

/* What the first answer itself has taken up speaks against no second telling of it: its key is in
 * use, its code is spent, and its place among its subject's is taken. */
static void decide_as_before(struct enrollment *e)
{
	const struct facts facts = e->facts;

	e->facts.key = (struct key_finding){ 0 };
	e->facts.live = 0;
	if (facts.code.failure.reason == REASON_CODE_USED_UP)
		e->facts.code.failure = (struct error){ 0 };
	verdict_done(&e->verdict);
	policy_decide(e->profile, &e->facts, &e->verdict);
	e->facts = facts;
}

bool enrollment_find_repeated(struct enrollment *e, const unsigned char identity[HASH_LEN],
			      struct certificate *ret, bool *ret_found, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	CLEANUP(certificate_done) struct certificate recent = { 0 };
	struct error missing = { 0 };

	*ret_found = false;
	if (e->profile->repeat_seconds == 0)
		return true;
	if (!store_begin(e->ra->options.store, &tx, err))
		return false;
	if (!store_certificate_find_recent(tx, e->profile->id, public_key_hash(csr_key(e->csr)),
					   identity, e->facts.now - e->profile->repeat_seconds,
					   &recent, &missing)) {
		if (missing.reason == REASON_NOT_FOUND)
			return true;
		*err = missing;
		return false;
	}
	decide_as_before(e);
	if (!e->verdict.allowed || recent.revoked_at != 0 ||
	    !names_are_same(&recent, e->verdict.grant))
		return true;
	*ret = recent;
	recent = (struct certificate){ 0 };
	*ret_found = true;
	return true;
}

static bool audit_issuance(const struct enrollment *e, struct store_tx *tx,
			   const struct certificate *certificate, struct error *err)
{
	char requester[ERROR_DETAIL_MAX], actor[ERROR_DETAIL_MAX + 8];
	char serial[2 * CERT_SERIAL_MAX + 1], object[96 + 2 * CERT_SERIAL_MAX];
	const struct audit_entry entry = {
		.account_id = e->profile->account_id,
		.actor = actor,
		.action = e->verdict.renews ? "certificate.renew" : "certificate.issue",
		.object = object,
		.after = certificate->subject,
	};

	enrollment_requester(e, requester, sizeof requester);
	snprintf(actor, sizeof actor, "est:%s", requester);
	snprintf(object, sizeof object, "certificate %s profile %lld version %lld",
		 hex_encode((struct bytes){ certificate->serial, certificate->serial_len }, serial),
		 (long long)e->profile->id, (long long)e->profile->version);
	return store_audit_append(tx, &entry, err);
}

static bool record_issuance(struct enrollment *e, struct certificate *certificate,
			    struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	struct event event;

	if (!store_begin(e->ra->options.store, &tx, err) ||
	    !admission_take(e, tx, certificate, err) || !ca_record(tx, certificate, err) ||
	    !admission_note(e, tx, certificate, err))
		return false;
	enrollment_event(e, NULL, certificate, &event);
	if (!approval_close(e, tx, certificate, err) || !old_certificate_on_renewal(e, tx, err) ||
	    !audit_issuance(e, tx, certificate, err) || !store_event_insert(tx, &event, err))
		return false;
	return store_commit_lazily(TAKE(tx), err);
}

/* The intent need not wait for the disk: nothing leaves before the second transaction's commit,
 * which carries both. */
static bool prepare(struct enrollment *e, struct grant *grant, struct issuance **ret,
		    struct error *err)
{
	CLEANUP(grant_freep) struct grant *owned = grant;
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	CLEANUP(issuance_freep) struct issuance *issuance = NULL;
	const struct ca_context context = { e->ra->options.clock, e->ra->options.va_url };
	enum ca_intent intent = signer_is_local(e->ra->options.signer, e->facts.ca->key_name)
					? INTENT_KEPT
					: INTENT_ENTERED;

	if (!store_begin(e->ra->options.store, &tx, err) ||
	    !ca_prepare(tx, TAKE(owned), e->facts.ca, &context, intent, &issuance, err) ||
	    !store_commit_lazily(TAKE(tx), err))
		return false;
	*ret = TAKE(issuance);
	return true;
}

static bool complete_grant(const struct enrollment *e, struct grant *grant,
			   const unsigned char identity[HASH_LEN], struct error *err)
{
	char requester[ERROR_DETAIL_MAX];

	memcpy(grant->identity_hash, identity, HASH_LEN);
	enrollment_requester(e, requester, sizeof requester);
	free(grant->requested_by);
	grant->requested_by = bytes_to_string(bytes_of_string(requester));
	return grant->requested_by || error_set(err, REASON_NO_MEMORY, "grant");
}

static bool issue(struct enrollment *e, const unsigned char identity[HASH_LEN],
		  struct certificate *ret, struct error *err)
{
	CLEANUP(issuance_freep) struct issuance *issuance = NULL;
	CLEANUP(certificate_done) struct certificate certificate = { 0 };

	if (!complete_grant(e, e->verdict.grant, identity, err) ||
	    !prepare(e, TAKE(e->verdict.grant), &issuance, err) ||
	    !ca_sign(e->ra->options.signer, e->facts.ca->key_name, TAKE(issuance), &certificate,
		     err) ||
	    !record_issuance(e, &certificate, err))
		return false;
	*ret = certificate;
	certificate = (struct certificate){ 0 };
	return true;
}

static bool decide(struct enrollment *e, struct error *err)
{
	verdict_done(&e->verdict);
	policy_decide(e->profile, &e->facts, &e->verdict);
	if (!e->verdict.allowed)
		*err = e->verdict.refusal;
	return e->verdict.allowed;
}

static bool may_go_on(const struct enrollment *e, struct est_reply *reply, struct error *err)
{
	const char *key_name = e->facts.ca ? e->facts.ca->key_name : NULL;

	return slow_key_may_sign(e->ra->options.signer, key_name, e->request, reply, err);
}

static bool issue_once(struct enrollment *e, struct est_reply *reply, struct certificate *ret,
		       struct error *err)
{
	unsigned char identity[HASH_LEN], key[HASH_LEN];
	CLEANUP(flight_leavep) struct flight_seat *seat = NULL;

	if (!enrollment_identity(e, identity, err) || !flight_key(e, identity, key, err) ||
	    !flight_enter(e->ra->flight, key, &seat, err) ||
	    !enrollment_find_repeated(e, identity, ret, &reply->repeated, err))
		return false;
	if (reply->repeated) {
		reply->authenticated = true;
		return true;
	}
	bool allowed = decide(e, err);
	reply->authenticated = e->verdict.authenticated;
	return allowed && approval_admits(e, identity, err) && renewal_rate_take(e, err) &&
	       issue(e, identity, ret, err);
}

static bool reply_fill(const struct enrollment *e, const struct certificate *certificate,
		       struct est_reply *reply, struct error *err)
{
	const struct ca *ca = catalog_ca(e->catalog, certificate->ca_id);

	buffer_append(&reply->certificate,
		      (struct bytes){ certificate->der, certificate->der_len });
	if (e->profile->include_chain && ca) {
		buffer_append(&reply->chain, cert_der(ca->cert));
		for (size_t i = 0; i < ca->chain_count; i++)
			buffer_append(&reply->chain, cert_der(ca->chain[i]));
	}
	if (!buffer_ok(&reply->certificate) || !buffer_ok(&reply->chain))
		return error_set(err, REASON_NO_MEMORY, "reply");
	return true;
}

/* A refusal is told to the operator, but nobody waits for that to reach the disk. */
static void tell_refusal(struct enrollment *e, const struct error *refusal)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	CLEANUP(buffer_done) struct buffer trace = { 0 };
	struct event event;

	enrollment_event(e, refusal, NULL, &event);
	event.trace = enrollment_trace(e, monotonic_us(), &trace);
	if (store_begin(e->ra->options.store, &tx, NULL) && store_event_insert(tx, &event, NULL) &&
	    stray_note(e, tx, NULL))
		(void)!store_commit_lazily(TAKE(tx), NULL);
}

/* Who asks, and all that policy wants to know; with the moments that a refusal tells of, of which
 * each costs what reading a clock costs. */
static bool prepare_decision(struct enrollment *e, struct error *err)
{
	e->moments.opened = monotonic_us();
	if (!authenticate(e, err))
		return false;
	e->moments.authenticated = monotonic_us();
	if (!facts_gather(e, err))
		return false;
	e->moments.gathered = monotonic_us();
	return true;
}

static bool enroll(struct enrollment *e, struct est_reply *ret, struct error *err)
{
	CLEANUP(certificate_done) struct certificate certificate = { 0 };

	return prepare_decision(e, err) && may_go_on(e, ret, err) && keygen_make(e, ret, err) &&
	       issue_once(e, ret, &certificate, err) && old_certificate_on_use(e, err) &&
	       reply_fill(e, &certificate, ret, err) && keygen_deliver(e, ret, err);
}

bool ra_enroll(struct ra *ra, const struct est_request *request, struct est_reply *ret,
	       struct error *err)
{
	CLEANUP(enrollment_done) struct enrollment e = { 0 };
	struct error refusal = { 0 };

	if (enrollment_open(ra, request, &e, &refusal) && enroll(&e, ret, &refusal))
		return true;
	if (!ret->is_slow && !e.is_known_to_wait &&
	    (refusal.reason != REASON_BUSY || !request->is_patient))
		tell_refusal(&e, &refusal);
	if (err)
		*err = refusal;
	return false;
}
