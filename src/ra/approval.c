#include "ra/approval.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/pack.h"
#include "pki/tbs.h"
#include "store/store_held_request.h"

#define SOON_SECONDS 60 /* the least that a client is told to wait */

_Static_assert(HELD_ID_LEN == REQUEST_ID_LEN, "a request is called by its first request id");

/* What the operator is asked about: everything but serial and dates, whatever a profile may come to
 * say of it. */
static bool content_of(struct bytes der, const struct grant *grant, struct held_content *ret,
		       struct error *err)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct held_content content;
	struct tbs tbs;

	if (!tbs_parse(der, &tbs, err))
		return false;
	pack_u64(&text, (uint64_t)grant->renews_id);
	pack_bytes(&text, signature_algorithm_der(tbs.signature_algorithm));
	pack_bytes(&text, tbs.issuer);
	pack_bytes(&text, tbs.subject);
	pack_bytes(&text, tbs.spki);
	pack_bytes(&text, tbs.extensions);
	if (!buffer_ok(&text))
		return error_set(err, REASON_NO_MEMORY, "held request");
	if (!hash_sha256(buffer_view(&text), content.hash, err))
		return false;
	content.validity_seconds = tbs.not_after - tbs.not_before;
	*ret = content;
	return true;
}

/* A certificate that ends sooner, because its CA does, is within what was approved. */
static bool is_within(const struct held_content *content, const struct held_content *decided)
{
	return memcmp(content->hash, decided->hash, HASH_LEN) == 0 &&
	       content->validity_seconds <= decided->validity_seconds;
}

static bool find_held(const struct enrollment *e, struct store_tx *tx,
		      const unsigned char identity[HASH_LEN], struct held_request *ret,
		      struct error *err)
{
	struct error missing = { 0 };

	if (store_held_request_find(tx, e->profile->id, public_key_hash(csr_key(e->csr)), identity,
				    e->facts.now, ret, &missing) ||
	    missing.reason == REASON_NOT_FOUND)
		return true;
	*err = missing;
	return false;
}

/* -- what becomes of a poll -- */

static bool still_waits(const struct enrollment *e, const char *request_id, struct error *err)
{
	return error_set_retry(err, REASON_PENDING_APPROVAL,
			       (uint32_t)e->profile->approval_retry_seconds, "waits as request %s",
			       request_id);
}

static bool keep_waiting(struct enrollment *e, struct store_tx *tx, const struct held_request *held,
			 struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *own = tx;

	e->is_known_to_wait = true;
	return store_held_request_touch(own, held->id, e->facts.now, err) &&
	       store_commit_lazily(TAKE(own), err) && still_waits(e, held->request_id, err);
}

/* The id that the client reads; of several requests in one message (fullcmc) the later ones get one
 * of their own, made of it and of their key. */
static bool name_request(const struct enrollment *e, struct store_tx *tx, char *into,
			 struct error *err)
{
	const char *asked = e->request->request_id;
	CLEANUP(held_request_done) struct held_request other = { 0 };
	CLEANUP(buffer_done) struct buffer text = { 0 };
	unsigned char hash[HASH_LEN];
	struct error missing = { 0 };

	snprintf(into, HELD_ID_LEN + 1, "%s", asked);
	if (!store_held_request_find_by_id(tx, e->profile->account_id, asked, e->facts.now, &other,
					   &missing)) {
		if (missing.reason == REASON_NOT_FOUND)
			return true;
		*err = missing;
		return false;
	}
	buffer_append_text(&text, asked);
	buffer_append(&text, (struct bytes){ public_key_hash(csr_key(e->csr)), KEY_HASH_LEN });
	if (!buffer_ok(&text))
		return error_set(err, REASON_NO_MEMORY, "held request");
	if (!hash_sha256(buffer_view(&text), hash, err))
		return false;
	hex_encode((struct bytes){ hash, HELD_ID_LEN / 2 }, into);
	return true;
}

/* Other content takes the place of what the key had waiting, under another id: an operator approves
 * what was shown under the one at hand. */
static bool hold(const struct enrollment *e, struct store_tx *tx,
		 const unsigned char identity[HASH_LEN], const struct ca_preview *preview,
		 const struct held_content *content, struct error *err)
{
	CLEANUP(store_rollbackp) struct store_tx *own = tx;
	const struct profile *profile = e->profile;
	const struct held_limits limits = { profile->approval_waiting_max,
					    profile->approval_waiting_max_per_address };
	char requester[ERROR_DETAIL_MAX], peer[ADDRESS_TEXT_MAX];
	struct held_request request = {
		.account_id = profile->account_id,
		.profile_id = profile->id,
		.profile_version = profile->version,
		.content = *content,
		.operation = e->request->operation,
		.renews_id = e->verdict.grant->renews_id,
		.created = e->facts.now,
		.ends = e->facts.now + profile->approval_expires_seconds,
		.subject = preview->subject,
		.san = preview->san,
		.requested_by = requester,
		.peer = peer,
		.tbs = preview->tbs,
	};

	enrollment_requester(e, requester, sizeof requester);
	snprintf(peer, sizeof peer, "%s", e->peer);
	memcpy(request.key_hash, public_key_hash(csr_key(e->csr)), KEY_HASH_LEN);
	memcpy(request.identity_hash, identity, HASH_LEN);
	return name_request(e, own, request.request_id, err) &&
	       store_held_request_put(own, &request, &limits, err) &&
	       store_commit_lazily(TAKE(own), err) && still_waits(e, request.request_id, err);
}

bool approval_rejected(const struct held_request *held, struct error *err)
{
	return error_set(err, REASON_REQUEST_REJECTED, "%s",
			 held->remark[0] ? held->remark : "no reason was given");
}

/* Another content than the one at hand has had no decision. */
static bool look(const struct enrollment *e, struct store_tx *tx,
		 const unsigned char identity[HASH_LEN], const struct ca_preview *preview,
		 struct held_content *ret_content, struct held_request *ret, struct error *err)
{
	CLEANUP(held_request_done) struct held_request held = { 0 };

	if (!content_of(buffer_view(&preview->tbs), e->verdict.grant, ret_content, err) ||
	    !find_held(e, tx, identity, &held, err))
		return false;
	if (held.id == 0 || held.state == HELD_ISSUED || !is_within(ret_content, &held.content))
		return true;
	*ret = held;
	held = (struct held_request){ 0 };
	return true;
}

bool approval_look(const struct enrollment *e, struct store_tx *tx,
		   const unsigned char identity[HASH_LEN], const struct ca_preview *preview,
		   struct held_request *ret, struct error *err)
{
	struct held_content content;

	return look(e, tx, identity, preview, &content, ret, err);
}

bool approval_admits(struct enrollment *e, const unsigned char identity[HASH_LEN],
		     struct error *err)
{
	const struct ca_context context = { e->ra->options.clock, e->ra->options.va_url };
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	CLEANUP(ca_preview_done) struct ca_preview preview = { 0 };
	CLEANUP(held_request_done) struct held_request held = { 0 };
	struct held_content content;

	if (!e->verdict.waits)
		return true;
	if (!store_begin(e->ra->options.store, &tx, err) ||
	    !ca_preview(tx, e->verdict.grant, e->facts.ca, &context, &preview, err) ||
	    !look(e, tx, identity, &preview, &content, &held, err))
		return false;
	if (held.id == 0 && e->request->is_query)
		return error_set(err, REASON_NOT_FOUND, "nothing waits under this token");
	if (held.id == 0)
		return hold(e, TAKE(tx), identity, &preview, &content, err);
	if (held.state == HELD_PENDING)
		return keep_waiting(e, TAKE(tx), &held, err);
	if (held.state == HELD_REJECTED)
		return approval_rejected(&held, err);
	e->held = held;
	held = (struct held_request){ 0 };
	return true;
}

bool approval_close(struct enrollment *e, struct store_tx *tx,
		    const struct certificate *certificate, struct error *err)
{
	struct error gone = { 0 };

	if (e->held.id == 0)
		return true;
	e->held.state = HELD_ISSUED;
	e->held.certificate_id = certificate->id;
	e->held.ends = e->facts.now + e->profile->approval_expires_seconds;
	if (store_held_request_settle(tx, &e->held, HELD_APPROVED, &gone))
		return true;
	if (gone.reason == REASON_NOT_FOUND)
		return error_set_retry(err, REASON_PENDING_APPROVAL, SOON_SECONDS,
				       "the decision was changed meanwhile");
	*err = gone;
	return false;
}
