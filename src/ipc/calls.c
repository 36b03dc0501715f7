#include "ipc/calls.h"

#include "base/random.h"

bool calls_new(struct calls **ret, struct error *err)
{
	CLEANUP(freep) struct calls *calls = calloc(1, sizeof *calls);

	if (!calls)
		return error_set(err, REASON_NO_MEMORY, "table of calls");
	if (!random_fill(&calls->next_id, sizeof calls->next_id, err))
		return false;
	*ret = TAKE(calls);
	return true;
}

void calls_free(struct calls *calls)
{
	free(calls);
}

struct call *calls_add(struct calls *calls)
{
	if (calls->count == CALLS_MAX)
		return NULL;
	while (calls->slots[calls->next_id % CALLS_MAX].waiting)
		calls->next_id++;

	struct call *call = &calls->slots[calls->next_id % CALLS_MAX];
	*call = (struct call){ .waiting = true, .id = calls->next_id++ };
	calls->count++;
	return call;
}

struct call *calls_find(struct calls *calls, uint64_t id, enum ipc_kind kind)
{
	struct call *call = &calls->slots[id % CALLS_MAX];

	return call->waiting && call->id == id && call->kind == kind ? call : NULL;
}

void calls_finish(struct calls *calls, struct call *call, struct bytes reply,
		  const struct error *err)
{
	struct call finished = *call;

	*call = (struct call){ 0 };
	calls->count--;
	finished.done(finished.context, reply, err);
}
