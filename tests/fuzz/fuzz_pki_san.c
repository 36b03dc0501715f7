/* A SAN that could be issued is written as it was read; the rest is named or refused. */
#include <stdlib.h>
#include <string.h>

#include "pki/san.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static bool can_be_issued(const struct san *san)
{
	for (size_t i = 0; i < san->count; i++)
		if (san->entries[i].type == SAN_OTHER)
			return false;
	return true;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(san_done) struct san san = { 0 }, tolerated = { 0 };
	CLEANUP(buffer_done) struct buffer again = { 0 };
	struct bytes input = { data, size };
	struct error err;
	bool is_tolerable = san_parse_tolerant(input, &tolerated, &err);

	if (!san_parse(input, &san, &err))
		return 0;
	expect(is_tolerable && san.count == tolerated.count && san.count > 0);
	for (size_t i = 0; i < san.count; i++)
		expect(strlen(san.entries[i].value) > 0);
	expect(san_encode(&san, &again, &err) == can_be_issued(&san));
	if (!can_be_issued(&san))
		return 0;
	expect(bytes_equal(buffer_view(&again), input));
	expect(san_equal(&san, &tolerated));
	return 0;
}
