#include "model/held_request.h"

#include <stdlib.h>
#include <string.h>

static const char *const texts[] = {
	[HELD_PENDING] = "pending",
	[HELD_APPROVED] = "approved",
	[HELD_REJECTED] = "rejected",
	[HELD_ISSUED] = "issued",
};

const char *held_state_text(enum held_state state)
{
	return (size_t)state < ARRAY_LEN(texts) ? texts[state] : "unknown";
}

int held_state_by_text(const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (strcmp(texts[i], text) == 0)
			return (int)i;
	return -1;
}

void held_request_done(struct held_request *request)
{
	free(request->decided_by);
	free(request->remark);
	free(request->subject);
	free(request->san);
	free(request->requested_by);
	free(request->peer);
	buffer_done(&request->tbs);
}
