#include "ra/rehearse.h"

#include <stdio.h>
#include <string.h>

#include "ra/approval.h"
#include "ra/enrollment.h"

#define REQUEST_ID "rehearsal"

const char *rehearsal_outcome_text(enum rehearsal_outcome outcome)
{
	switch (outcome) {
	case REHEARSAL_WAITS:
		return "waits";
	case REHEARSAL_ISSUED:
		return "issued";
	case REHEARSAL_REPEATED:
		return "repeated";
	case REHEARSAL_REFUSED:
		break;
	}
	return "refused";
}

void rehearsal_done(struct rehearsal *rehearsal)
{
	ca_preview_done(&rehearsal->preview);
	buffer_done(&rehearsal->repeated);
}

/* -- the request as it would come -- */

static bool fill_request(const struct rehearsal_question *question, struct est_request *ret,
			 struct error *err)
{
	struct est_request request = {
		.request_id = REQUEST_ID,
		.operation = question->operation,
		.profile_id = question->profile_id,
		.csr = question->csr,
		.client_chain_count = question->chain_count,
	};

	if (question->chain_count > CLIENT_CHAIN_MAX)
		return error_set(err, REASON_CLIENT_CERT_INVALID,
				 "%zu certificates from the client; the most is %d",
				 question->chain_count, CLIENT_CHAIN_MAX);
	if (question->peer)
		request.peer = *question->peer;
	for (size_t i = 0; i < question->chain_count; i++)
		request.client_chain[i] = question->chain[i];
	*ret = request;
	return true;
}

/* -- what cannot be had -- */

static void presume_address(struct enrollment *e, const struct rehearsal_question *question,
			    unsigned int *presumed)
{
	const struct account *account = e->facts.account;

	if (question->peer)
		return;
	*presumed |= PRESUMED_ADDRESS;
	e->facts.address_allowed = account && account->allowed.count > 0;
	if (e->facts.address_allowed)
		e->facts.peer = account->allowed.ranges[0].first;
}

static void presume_binding(struct enrollment *e, unsigned int *presumed)
{
	if (e->facts.binding == BINDING_ABSENT)
		return;
	e->facts.binding = BINDING_MATCHES;
	*presumed |= PRESUMED_BINDING;
}

static bool gather(struct enrollment *e, const struct rehearsal_question *question,
		   unsigned int *presumed, struct error *err)
{
	if (!authenticate_presumed(e, question->sends_passphrase, err) || !facts_gather(e, err))
		return false;
	if (e->facts.certificate.offered)
		*presumed |= PRESUMED_CERTIFICATE_KEY;
	if (e->facts.passphrase.offered || e->facts.code.offered)
		*presumed |= PRESUMED_PASSPHRASE;
	presume_address(e, question, presumed);
	presume_binding(e, presumed);
	return true;
}

/* -- what would come of it -- */

static bool find_repeated(struct enrollment *e, const unsigned char identity[HASH_LEN],
			  struct rehearsal *ret, struct error *err)
{
	CLEANUP(certificate_done) struct certificate certificate = { 0 };
	bool found = false;

	if (!enrollment_find_repeated(e, identity, &certificate, &found, err))
		return false;
	if (!found)
		return true;
	ret->outcome = REHEARSAL_REPEATED;
	buffer_append(&ret->repeated, (struct bytes){ certificate.der, certificate.der_len });
	return buffer_ok(&ret->repeated) || error_set(err, REASON_NO_MEMORY, "certificate");
}

static bool look_at_approval(const struct enrollment *e, struct store_tx *tx,
			     const unsigned char identity[HASH_LEN], struct rehearsal *ret,
			     struct error *err)
{
	CLEANUP(held_request_done) struct held_request held = { 0 };

	if (!e->verdict.waits)
		return true;
	if (!approval_look(e, tx, identity, &ret->preview, &held, err))
		return false;
	snprintf(ret->held_id, sizeof ret->held_id, "%s", held.request_id);
	if (held.id != 0 && held.state == HELD_REJECTED)
		return approval_rejected(&held, err);
	if (held.id == 0 || held.state == HELD_PENDING)
		ret->outcome = REHEARSAL_WAITS;
	return true;
}

/* The transaction is only for reading what others are about to commit: it is rolled back. */
static bool preview(const struct enrollment *e, const unsigned char identity[HASH_LEN],
		    struct rehearsal *ret, struct error *err)
{
	const struct ca_context context = { e->ra->options.clock, e->ra->options.va_url };
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;

	ret->outcome = REHEARSAL_ISSUED;
	return store_begin(e->ra->options.store, &tx, err) &&
	       ca_preview(tx, e->verdict.grant, e->facts.ca, &context, &ret->preview, err) &&
	       look_at_approval(e, tx, identity, ret, err);
}

static bool decide(struct enrollment *e, const unsigned char identity[HASH_LEN],
		   struct rehearsal *ret, struct error *err)
{
	verdict_done(&e->verdict);
	policy_decide(e->profile, &e->facts, &e->verdict);
	if (!e->verdict.allowed) {
		*err = e->verdict.refusal;
		return false;
	}
	return preview(e, identity, ret, err);
}

static bool rehearse(struct enrollment *e, const struct rehearsal_question *question,
		     struct rehearsal *ret, struct error *err)
{
	unsigned char identity[HASH_LEN];

	/* what the edge does to a real one */
	if (!csr_verify(e->csr, err) || !gather(e, question, &ret->presumed, err) ||
	    !enrollment_identity(e, identity, err) || !find_repeated(e, identity, ret, err))
		return false;
	return ret->outcome == REHEARSAL_REPEATED || decide(e, identity, ret, err);
}

void ra_rehearse(struct ra *ra, const struct rehearsal_question *question, struct rehearsal *ret)
{
	CLEANUP(enrollment_done) struct enrollment e = { 0 };
	struct est_request request;

	*ret = (struct rehearsal){ 0 };
	if (!fill_request(question, &request, &ret->refusal) ||
	    !enrollment_open(ra, &request, &e, &ret->refusal))
		return;
	e.facts.now = question->now;
	if (!rehearse(&e, question, ret, &ret->refusal))
		ret->outcome = REHEARSAL_REFUSED;
	ret->renews = e.verdict.renews;
	ret->trace = e.verdict.trace;
	enrollment_requester(&e, ret->requester, sizeof ret->requester);
}
