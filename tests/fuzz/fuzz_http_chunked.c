/* A chunked body is read in the same way however it is cut, and never above its limit. */
#include <stdlib.h>

#include "http/body.h"

#define BODY_MAX 256

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

struct outcome {
	enum parse result;
	unsigned int status;
	size_t used;
};

static struct outcome take(struct bytes text, size_t piece, struct buffer *into)
{
	struct body body = body_begin(&(struct framing){ .chunked = true }, BODY_MAX);
	struct outcome outcome = { .result = PARSE_MORE };
	struct refusal refusal = { 0 };

	while (outcome.used < text.len && outcome.result == PARSE_MORE) {
		size_t left = text.len - outcome.used, used;
		outcome.result = body_take(
			&body,
			(struct bytes){ text.data + outcome.used, left < piece ? left : piece },
			&used, into, &refusal);
		outcome.used += used;
		if (into->len > BODY_MAX)
			abort();
	}
	outcome.status = refusal.status;
	return outcome;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(buffer_done) struct buffer whole = { 0 }, pieces = { 0 };

	if (size < 2)
		return 0;
	struct bytes text = { data + 1, size - 1 };
	struct outcome at_once = take(text, size, &whole);
	struct outcome in_pieces = take(text, data[0] % 7u + 1u, &pieces);

	if (at_once.result != in_pieces.result || at_once.status != in_pieces.status)
		abort();
	if (at_once.result == PARSE_DONE &&
	    (at_once.used != in_pieces.used ||
	     !bytes_equal(buffer_view(&whole), buffer_view(&pieces))))
		abort();
	return 0;
}
