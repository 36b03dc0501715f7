/* What unpacks is printable and packs to what unpacks again. */
#include <stdlib.h>

#include "base/utf8.h"
#include "model/event.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void check_text(const char *text)
{
	struct bytes rest = bytes_of_string(text);

	while (rest.len) {
		uint32_t code_point = utf8_take(&rest);
		if (code_point == UTF8_INVALID || utf8_is_unprintable(code_point))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(buffer_done) struct buffer packed = { 0 };
	struct event event, back;
	struct error err;

	if (!event_unpack((struct bytes){ data, size }, &event, &err))
		return 0;
	check_text(event.client);
	check_text(event.detail);
	check_text(event.label);
	event_pack(&event, &packed);
	if (!event_unpack(buffer_view(&packed), &back, &err))
		abort();
	return 0;
}
