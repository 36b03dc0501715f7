/* What the authority is asked: by edges for devices, by the admin process for operators, by the
 * monitor. */
#include "bestowd/authority_state.h"

#include "base/pack.h"
#include "bestowd/health.h"
#include "model/event.h"
#include "model/ocsp_reply.h"
#include "pki/ocsp_response.h"
#include "ra/fetched.h"
#include "store/store_event.h"

#define OVERLOAD_RETRY_AFTER 5

/* A certificate may leave once it is durable. */
static enum ipc_answer answer_est(struct authority *authority, struct bytes payload,
				  struct ipc_turn turn, struct buffer *to)
{
	struct est_service *service = ra_service(authority->ra);
	struct est_request request;
	CLEANUP(est_reply_done) struct est_reply reply = { 0 };
	struct error refusal = { 0 };

	bool answered = est_request_unpack(payload, &request, &refusal);
	request.is_patient = turn.may_ask_again;
	request.may_block = turn.may_block;
	answered = answered && service->ops->answer(service, &request, &reply, &refusal);
	if (!answered && reply.is_slow)
		return IPC_ASK_SLOWLY;
	if (!answered && refusal.reason == REASON_BUSY && turn.may_ask_again)
		return IPC_ASK_AGAIN;
	est_reply_pack(&reply, answered ? NULL : &refusal, to);
	return answered ? IPC_ANSWER_SETTLED : IPC_ANSWER_NOW;
}

static void take_event(struct authority *authority, struct bytes payload)
{
	CLEANUP(store_rollbackp) struct store_tx *tx = NULL;
	struct event event;

	if (!event_unpack(payload, &event, NULL))
		return;
	event.at = clock_now(&clock_system);
	if (store_begin(authority->store, &tx, NULL) && store_event_insert(tx, &event, NULL))
		(void)!store_commit_lazily(TAKE(tx), NULL);
}

static void take_fetch(struct authority *authority, struct bytes payload)
{
	struct fetch fetch;

	if (fetch_unpack(payload, &fetch, NULL))
		ra_note_fetch(authority->ra, &fetch);
}

static enum ipc_answer answer_manage(struct authority *authority, struct bytes payload,
				     struct ipc_turn turn, struct buffer *to)
{
	struct unpacker from = { .rest = payload };
	CLEANUP(freep) char *actor = NULL;

	unpack_string(&from, &actor);
	struct bytes request = unpack_bytes(&from);
	if (!actor || !unpack_finished(&from))
		return IPC_ANSWER_NOW;
	if (!turn.may_block && manage_may_block(request))
		return IPC_ASK_SLOWLY;
	manage_answer(&authority->manage, actor, request, to);
	return IPC_ANSWER_NOW;
}

static void answer_ocsp(struct authority *authority, struct bytes payload, struct buffer *to)
{
	CLEANUP(ocsp_answer_done) struct ocsp_answer answer = { 0 };

	ocsp_responder_answer(authority->ocsp, payload, &answer);
	if (!buffer_ok(&answer.der))
		return;
	const struct ocsp_reply reply = { .is_keepable = answer.is_keepable,
					  .seen = answer.seen,
					  .this_update = answer.this_update,
					  .next_update = answer.next_update,
					  .der = buffer_view(&answer.der) };
	ocsp_reply_pack(&reply, to);
}

static enum ipc_answer answer_api(struct authority *authority, struct bytes payload,
				  struct ipc_turn turn, struct buffer *to)
{
	struct api_request request;

	if (!api_request_unpack(payload, &request, NULL))
		return IPC_ANSWER_NOW;
	if (!turn.may_block && manage_may_block(request.request))
		return IPC_ASK_SLOWLY;
	manage_answer_api(&authority->manage, &request, to);
	return IPC_ANSWER_NOW;
}

/* `payload` names a format of metrics; empty: how the authority is. */
static void answer_monitor(struct authority *authority, struct bytes payload, struct buffer *to)
{
	CLEANUP(catalog_unrefp) struct catalog *catalog = ra_catalog(authority->ra);
	const struct health_view view = { .store = authority->store,
					  .signer = authority->signer,
					  .catalog = catalog,
					  .now = clock_now(&clock_system) };

	if (payload.len == 0)
		census_health(authority->census, &view, to);
	else if (payload.data[0] < EXPOSITION_FORMAT_COUNT)
		census_take(authority->census, &view, payload.data[0], to);
}

enum ipc_answer authority_on_message(void *context, enum ipc_kind kind, struct bytes payload,
				     struct ipc_turn turn, struct buffer *reply)
{
	if (kind == IPC_EST)
		return answer_est(context, payload, turn, reply);
	if (kind == IPC_MANAGE)
		return answer_manage(context, payload, turn, reply);
	if (kind == IPC_API)
		return answer_api(context, payload, turn, reply);
	if (kind == IPC_EVENT)
		take_event(context, payload);
	else if (kind == IPC_FETCH)
		take_fetch(context, payload);
	else if (kind == IPC_OCSP)
		answer_ocsp(context, payload, reply);
	else if (kind == IPC_HEALTH || kind == IPC_METRICS)
		answer_monitor(context, payload, reply);
	return IPC_ANSWER_NOW;
}

static void refuse_ocsp(struct buffer *reply)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };

	ocsp_error_encode(OCSP_TRY_LATER, &der);
	ocsp_reply_pack(&(struct ocsp_reply){ .der = buffer_view(&der) }, reply);
}

static void refuse(enum ipc_kind kind, const struct error *refusal, struct buffer *reply)
{
	const struct est_reply nothing = { 0 };

	if (kind == IPC_EST)
		est_reply_pack(&nothing, refusal, reply);
	else if (kind == IPC_MANAGE || kind == IPC_API)
		buffer_printf(reply, "{\"error\":{\"code\":\"%s\",\"words\":\"%s\"}}",
			      reason_code(refusal->reason), reason_words(refusal->reason));
	else if (kind == IPC_OCSP)
		refuse_ocsp(reply);
}

void authority_on_overload(void *context, enum ipc_kind kind, struct buffer *reply)
{
	struct error busy = { 0 };

	(void)context;
	(void)!error_set_retry(&busy, REASON_BUSY, OVERLOAD_RETRY_AFTER, "the queue is full");
	refuse(kind, &busy, reply);
}

uint64_t authority_on_batch(void *context)
{
	return store_mark(((struct authority *)context)->store);
}

bool authority_on_settle(void *context, uint64_t mark)
{
	struct authority *authority = context;
	struct error err = { 0 };

	if (store_settle(authority->store, mark, &err))
		return true;
	authority_complain("authority.commit", &err);
	return false;
}

void authority_on_unsettled(void *context, enum ipc_kind kind, struct buffer *reply)
{
	struct error lost = { 0 };

	(void)context;
	(void)!error_set_retry(&lost, REASON_STORE_UNAVAILABLE, OVERLOAD_RETRY_AFTER,
			       "the commit failed");
	refuse(kind, &lost, reply);
}
