/* What is read is written the same again; the readers built on it agree with their writers. */
#include <stdlib.h>

#include "pki/der.h"
#include "pki/extension.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void read_elements(struct bytes input)
{
	struct der contents = der_open(input), whole = contents;

	while (contents.rest.len > 0) {
		CLEANUP(buffer_done) struct buffer again = { 0 };
		unsigned int tag;
		struct bytes element = der_read_any(&contents, &tag);

		if (contents.failed)
			return;
		der_write(&again, tag, element);
		expect(bytes_equal(buffer_view(&again), der_read_whole(&whole, tag)));
	}
	expect(der_at_end(&whole));
}

static void read_time(struct bytes input)
{
	CLEANUP(buffer_done) struct buffer again = { 0 };
	struct der der = der_open(input);
	int64_t seconds = der_read_time(&der);

	if (der.failed)
		return;
	der_write_time(&again, seconds);
	struct der reader = der_open(buffer_view(&again));
	expect(der_read_time(&reader) == seconds && der_at_end(&reader));
}

static void read_small(struct bytes input)
{
	CLEANUP(buffer_done) struct buffer again = { 0 };
	struct der der = der_open(input);
	uint32_t value = der_read_small(&der);

	if (der.failed)
		return;
	der_write_small(&again, value);
	expect(bytes_starts_with(input, buffer_view(&again)));
}

static void read_oid(struct bytes input)
{
	CLEANUP(buffer_done) struct buffer text = { 0 }, again = { 0 };

	if (!oid_to_text(input, &text))
		return;
	expect(oid_from_text(buffer_cstring(&text), &again));
	expect(bytes_equal(buffer_view(&again), input));
}

static void read_extensions(struct bytes input)
{
	struct extensions extensions;
	unsigned int bits;
	bool is_ca;
	int path_len;
	struct error err;

	if (!extensions_parse(input, &extensions, &err))
		return;
	for (size_t i = 0; i < extensions.count; i++) {
		struct bytes value = extensions.items[i].value;

		expect(extensions_find(&extensions, extensions.items[i].oid) ==
		       &extensions.items[i]);
		if (key_usage_parse(value, &bits, &err))
			expect(bits < 1 << 9);
		if (basic_constraints_parse(value, &is_ca, &path_len, &err))
			expect(path_len >= -1);
	}
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct bytes input = { data, size };

	read_elements(input);
	read_time(input);
	read_small(input);
	read_oid(input);
	read_extensions(input);
	return 0;
}
