#include "ca/ocsp_responder.h"

#include <pthread.h>
#include <string.h>

#include "ca/ocsp_desk.h"
#include "model/ocsp_kept.h"
#include "pki/ocsp_response.h"
#include "store/store_ocsp.h"

#define BACKDATE 60        /* clocks of relying parties run behind */
#define UNKNOWN_SECONDS 60 /* what is unknown now may be issued next */

struct ocsp_responder {
	struct ocsp_responder_options options;
	pthread_rwlock_t lock; /* held for reading while an answer is made: desks stay */
	struct ocsp_desks desks;
	pthread_mutex_t kept_lock; /* held for moments */
	struct kept *kept;
	uint64_t signed_count; /* under the same lock */
};

bool ocsp_responder_new(const struct ocsp_responder_options *options, struct ocsp_responder **ret,
			struct error *err)
{
	CLEANUP(ocsp_responder_freep)
	struct ocsp_responder *responder = calloc(1, sizeof *responder);

	if (!responder)
		return error_set(err, REASON_NO_MEMORY, "OCSP responder");
	responder->options = *options;
	pthread_rwlock_init(&responder->lock, NULL);
	pthread_mutex_init(&responder->kept_lock, NULL);
	if (!kept_new(options->board, KEPT_ROOM, &responder->kept, err))
		return false;
	*ret = TAKE(responder);
	return true;
}

void ocsp_responder_free(struct ocsp_responder *responder)
{
	if (!responder)
		return;
	ocsp_desks_done(&responder->desks);
	kept_free(responder->kept);
	pthread_mutex_destroy(&responder->kept_lock);
	pthread_rwlock_destroy(&responder->lock);
	free(responder);
}

void ocsp_answer_done(struct ocsp_answer *answer)
{
	buffer_done(&answer->der);
	*answer = (struct ocsp_answer){ 0 };
}

bool ca_tells_status(const struct ca *ca)
{
	return ca->state != CA_DISABLED && cert_is_ca(ca->cert) && cert_key(ca->cert);
}

/* -- by whom -- */

static bool open_desks(struct ocsp_responder *responder, const struct catalog *catalog,
		       void (*complain)(void *context, const struct ca *ca,
					const struct error *err),
		       void *context, struct ocsp_desks *ret, struct error *err)
{
	int64_t now = clock_now(responder->options.clock);

	for (size_t i = 0; i < catalog->ca_count; i++) {
		const struct ca *ca = &catalog->cas[i];
		struct error why = { 0 };
		if (!ca_tells_status(ca) ||
		    ocsp_desks_add(ret, responder->options.store, ca, now, &why) ||
		    why.reason == REASON_NOT_FOUND)
			continue;
		if (why.reason != REASON_CA_UNAVAILABLE) {
			*err = why;
			return false;
		}
		complain(context, ca, &why);
	}
	return true;
}

bool ocsp_responder_life(struct ocsp_responder *responder, int64_t ca_id, int64_t *ret_since,
			 int64_t *ret_until)
{
	pthread_rwlock_rdlock(&responder->lock);
	const struct ocsp_desk *desk = ocsp_desks_find(&responder->desks, ca_id);
	if (desk) {
		*ret_since = cert_not_before(desk->cert);
		*ret_until = cert_not_after(desk->cert);
	}
	pthread_rwlock_unlock(&responder->lock);
	return desk != NULL;
}

/* What was said by or for these must not be kept. */
static bool any_is_gone(const struct ocsp_desks *before, struct ocsp_responder *responder)
{
	int64_t since, until;

	for (size_t i = 0; i < before->count; i++)
		if (!ocsp_responder_life(responder, before->items[i].ca_id, &since, &until))
			return true;
	return false;
}

bool ocsp_responder_load(struct ocsp_responder *responder, const struct catalog *catalog,
			 void (*complain)(void *context, const struct ca *ca,
					  const struct error *err),
			 void *context, struct error *err)
{
	CLEANUP(ocsp_desks_done) struct ocsp_desks opened = { 0 };

	if (!open_desks(responder, catalog, complain, context, &opened, err))
		return false;
	pthread_rwlock_wrlock(&responder->lock);
	struct ocsp_desks closed = responder->desks;
	responder->desks = opened;
	pthread_rwlock_unlock(&responder->lock);
	opened = closed;
	if (any_is_gone(&opened, responder))
		change_board_raise_all(responder->options.board);
	return true;
}

void ocsp_responder_count(struct ocsp_responder *responder, struct ocsp_counts *ret)
{
	pthread_mutex_lock(&responder->kept_lock);
	ret->made = responder->signed_count;
	ret->kept = kept_count(responder->kept);
	pthread_mutex_unlock(&responder->kept_lock);
}

/* -- one certificate -- */

/* An answer under way. */
struct answering {
	struct ocsp_responder *responder;
	const struct ocsp_request *request;
	const struct ocsp_desk *desk; /* who signs; NULL: nobody yet */
	int64_t now;
	struct buffer singles;
	bool is_recorded; /* all that is said comes from records that will stay */
	bool extends_revoked;
	int64_t next_update; /* the earliest */
};

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static void say_revoked(const struct certificate_status *status, const struct answering *answering,
			struct ocsp_single *single)
{
	if (status->revoked_at <= answering->now) {
		single->status = OCSP_REVOKED;
		single->revoked_at = status->revoked_at;
		single->reason = (int)status->reason;
		return;
	}
	/* its end is decided, and not come yet */
	single->status = OCSP_GOOD;
	single->next_update = earlier(single->next_update, status->revoked_at);
}

/* RFC 6960 2.2: what was never issued is held since 1970. */
static void say_never_issued(struct answering *answering, struct ocsp_single *single)
{
	single->status = OCSP_REVOKED;
	single->revoked_at = 0;
	single->reason = REVOKED_CERTIFICATE_HOLD;
	answering->extends_revoked = true;
	answering->is_recorded = false;
}

static void say(const struct certificate_status *status, struct answering *answering,
		struct ocsp_single *single)
{
	switch (status->state) {
	case CERTIFICATE_INTENT:
		answering->is_recorded = false;
		single->status = OCSP_GOOD;
		return;
	case CERTIFICATE_ISSUED:
		single->status = OCSP_GOOD;
		return;
	case CERTIFICATE_REVOKED:
		say_revoked(status, answering, single);
		return;
	case CERTIFICATE_ABANDONED:
		say_never_issued(answering, single);
		return;
	}
}

/* Several CAs of one name and key, of two accounts or over a renewal, may be meant: the one whose
 * record it is speaks. *ret_desk stays NULL where none is meant. */
static bool find_record(const struct answering *answering, const struct ocsp_cert_id *id,
			const struct ocsp_desk **ret_desk, struct certificate_status *ret,
			struct error *err)
{
	const struct ocsp_desks *desks = &answering->responder->desks;

	for (size_t i = 0; i < desks->count; i++) {
		const struct ocsp_desk *desk = &desks->items[i];
		if (!ocsp_issuer_is_meant(&desk->issuer, id))
			continue;
		if (!*ret_desk)
			*ret_desk = desk;
		*err = (struct error){ 0 };
		if (store_certificate_status(answering->responder->options.store, desk->ca_id,
					     id->serial, ret, err)) {
			*ret_desk = desk;
			return true;
		}
		if (err->reason != REASON_NOT_FOUND)
			return false;
	}
	return error_set(err, REASON_NOT_FOUND, "no record");
}

/* Whether the responder that signs may speak for that desk's certificates too. */
static bool may_speak_for(const struct ocsp_desk *signer, const struct ocsp_desk *desk)
{
	return memcmp(&signer->issuer, &desk->issuer, sizeof desk->issuer) == 0;
}

static bool answer_one(struct answering *answering, const struct ocsp_cert_id *id,
		       struct error *err)
{
	const struct ocsp_desk *desk = NULL;
	struct certificate_status status;
	struct error why = { 0 };
	struct ocsp_single single = {
		.cert_id = id->der,
		.status = OCSP_UNKNOWN,
		.this_update = answering->now - BACKDATE,
		.next_update = answering->now + answering->responder->options.validity,
	};

	bool found = find_record(answering, id, &desk, &status, &why);
	if (!found && why.reason != REASON_NOT_FOUND) {
		*err = why;
		return false;
	}
	if (desk && !answering->desk)
		answering->desk = desk;
	if (found && desk && may_speak_for(answering->desk, desk)) {
		say(&status, answering, &single);
	} else {
		answering->is_recorded = false;
		single.next_update = answering->now + UNKNOWN_SECONDS;
	}
	if (answering->desk)
		single.next_update =
			earlier(single.next_update, cert_not_after(answering->desk->cert));
	answering->next_update = earlier(answering->next_update, single.next_update);
	ocsp_single_encode(&single, &answering->singles);
	return true;
}

/* -- all of them -- */

static bool answer_all(struct answering *answering, struct error *err)
{
	for (size_t i = 0; i < answering->request->count; i++)
		if (!answer_one(answering, &answering->request->questions[i], err))
			return false;
	if (!answering->desk)
		return error_set(err, REASON_NOT_FOUND, "no CA of ours");
	if (answering->now > cert_not_after(answering->desk->cert))
		return error_set(err, REASON_CA_UNAVAILABLE, "the responder's certificate ended");
	return buffer_ok(&answering->singles) || error_set(err, REASON_NO_MEMORY, "OCSP answers");
}

static bool sign(struct answering *answering, struct buffer *ret, struct error *err)
{
	const struct ocsp_desk *desk = answering->desk;
	const struct public_key *key = cert_key(desk->cert);
	CLEANUP(buffer_done) struct buffer tbs = { 0 };
	CLEANUP(buffer_done) struct buffer signature = { 0 };
	const struct ocsp_head head = {
		.responder_key_hash = { desk->key_hash, sizeof desk->key_hash },
		.produced_at = answering->now - BACKDATE,
		.nonce = answering->request->nonce,
		.extends_revoked = answering->extends_revoked,
	};
	struct ocsp_signed response = {
		.algorithm = key_type_default_algorithm(public_key_type(key)),
		.certificate = cert_der(desk->cert),
	};

	if (!ocsp_tbs_encode(&head, buffer_view(&answering->singles), &tbs, err) ||
	    !signer_sign(answering->responder->options.signer, desk->key_name, key,
			 response.algorithm, buffer_view(&tbs), &signature, err))
		return false;
	response.tbs = buffer_view(&tbs);
	response.signature = buffer_view(&signature);
	return ocsp_response_encode(&response, ret, err);
}

/* -- what is kept -- */

static bool may_be_kept(const struct ocsp_request *request)
{
	return request->count == 1 && request->nonce.len == 0;
}

static void keep(struct ocsp_responder *responder, const struct ocsp_request *request,
		 const struct ocsp_answer *answer)
{
	const struct ocsp_reply reply = { .seen = answer->seen,
					  .this_update = answer->this_update,
					  .next_update = answer->next_update,
					  .der = buffer_view(&answer->der) };

	pthread_mutex_lock(&responder->kept_lock);
	responder->signed_count++;
	if (answer->is_keepable)
		kept_put(responder->kept, request->questions[0].der, request->questions[0].serial,
			 &reply);
	pthread_mutex_unlock(&responder->kept_lock);
}

static void copy_kept(const struct kept_answer *kept, struct ocsp_answer *ret)
{
	ret->is_keepable = true;
	ret->seen = kept->seen;
	ret->this_update = kept->this_update;
	ret->next_update = kept->next_update;
	buffer_append(&ret->der, kept->der);
}

/* One that is half over is made anew: whoever keeps it asks for that. */
static bool find_kept(struct ocsp_responder *responder, const struct ocsp_request *request,
		      struct ocsp_answer *ret)
{
	int64_t now = clock_now(responder->options.clock);

	if (!may_be_kept(request))
		return false;
	pthread_mutex_lock(&responder->kept_lock);
	const struct kept_answer *kept = kept_find(responder->kept, request->questions[0].der, now);
	bool found = kept && now < kept->stale_at;
	if (found)
		copy_kept(kept, ret);
	pthread_mutex_unlock(&responder->kept_lock);
	return found;
}

/* -- all that is asked -- */

static bool answer(struct ocsp_responder *responder, const struct ocsp_request *request,
		   struct ocsp_answer *ret, struct error *err)
{
	struct answering answering = {
		.responder = responder,
		.request = request,
		.now = clock_now(responder->options.clock),
		.is_recorded = true,
		.next_update = INT64_MAX,
	};
	/* before the record is read: a change after that is seen by whoever keeps this */
	size_t slot = change_board_slot(request->questions[0].serial);

	ret->seen = change_board_look(responder->options.board, slot);
	bool made = answer_all(&answering, err) && sign(&answering, &ret->der, err);
	buffer_done(&answering.singles);
	if (!made)
		return false;
	ret->is_keepable = answering.is_recorded && may_be_kept(request);
	ret->this_update = answering.now - BACKDATE;
	ret->next_update = answering.next_update;
	keep(responder, request, ret);
	return true;
}

static enum ocsp_error error_of(const struct error *err)
{
	switch (err->reason) {
	case REASON_OCSP_MALFORMED:
		return OCSP_MALFORMED_REQUEST;
	case REASON_NOT_FOUND:
		return OCSP_UNAUTHORIZED;
	case REASON_CA_UNAVAILABLE:
	case REASON_STORE_UNAVAILABLE:
	case REASON_NO_MEMORY:
	case REASON_BUSY:
		return OCSP_TRY_LATER;
	default:
		return OCSP_INTERNAL_ERROR;
	}
}

void ocsp_responder_answer(struct ocsp_responder *responder, struct bytes message,
			   struct ocsp_answer *ret)
{
	struct ocsp_request request;
	struct error err = { 0 };

	*ret = (struct ocsp_answer){ 0 };
	pthread_rwlock_rdlock(&responder->lock);
	bool answered =
		ocsp_request_parse(message, &request, &err) &&
		(find_kept(responder, &request, ret) || answer(responder, &request, ret, &err));
	pthread_rwlock_unlock(&responder->lock);
	if (answered)
		return;
	buffer_clear(&ret->der);
	ocsp_error_encode(error_of(&err), &ret->der);
}
