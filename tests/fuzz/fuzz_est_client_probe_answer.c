/* What a server under test answers, in pieces as they come. */
#include <stdlib.h>

#include "est_client/probe_answer.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void look_at(const struct probe_answer *answer)
{
	char value[32];

	expect(answer->status >= 200 && answer->status <= 999 &&
	       answer->body.len <= PROBE_BODY_MAX);
	(void)probe_answer_field(answer, "Content-Type", value, sizeof value);
	(void)probe_answer_spells(answer, "Content-Length");
}

/* The first octet is where the first piece ends. */
int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct probe_answer answer = { 0 };
	CLEANUP(buffer_done) struct buffer stream = { 0 };
	size_t first = size ? data[0] : 0;

	if (size < 1 || first > size - 1)
		return 0;
	buffer_append(&stream, (struct bytes){ data + 1, first });
	enum probe_progress progress = probe_answer_take(&stream, false, &answer);
	if (progress == PROBE_MORE) {
		buffer_append(&stream, (struct bytes){ data + 1 + first, size - 1 - first });
		progress = probe_answer_take(&stream, true, &answer);
		expect(progress != PROBE_MORE);
	}
	if (progress == PROBE_WHOLE)
		look_at(&answer);
	probe_answer_done(&answer);
	return 0;
}
