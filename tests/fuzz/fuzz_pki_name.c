/* What is parsed can be written, and comes back as an equal name, by DER and by text. */
#include <stdlib.h>

#include "base/utf8.h"
#include "pki/name.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void expect_printable(const struct name *name)
{
	for (size_t i = 0; i < name->count; i++) {
		struct bytes rest = bytes_of_string(name->entries[i].value);

		while (rest.len > 0) {
			uint32_t code_point = utf8_take(&rest);

			expect(code_point != UTF8_INVALID && !utf8_is_unprintable(code_point));
		}
	}
}

static void expect_same_by_der(const struct name *name)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(name_done) struct name again = { 0 };

	expect(name_encode(name, &der, NULL));
	expect(name_parse(buffer_view(&der), &again, NULL));
	expect(name_equal(name, &again));
}

static bool has_unknown(const struct name *name)
{
	for (size_t i = 0; i < name->count; i++)
		if (name->entries[i].attribute == NAME_UNKNOWN)
			return true;
	return false;
}

static void expect_same_by_text(const struct name *name)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	CLEANUP(name_done) struct name again = { 0 };

	name_to_text(name, &text);
	if (has_unknown(name))
		return;
	expect(name_from_text(buffer_cstring(&text), &again, NULL));
	expect(name_equal(name, &again));
}

static void parse_der(struct bytes input)
{
	CLEANUP(name_done) struct name name = { 0 }, tolerated = { 0 };
	bool is_tolerable = name_parse_tolerant(input, &tolerated, NULL);

	if (is_tolerable)
		expect_printable(&tolerated);
	if (!name_parse(input, &name, NULL))
		return;
	expect(is_tolerable && name_equal(&name, &tolerated));
	expect_printable(&name);
	expect_same_by_der(&name);
	expect_same_by_text(&name);
}

static void parse_text(struct bytes input)
{
	CLEANUP(freep) char *text = bytes_to_string(input);
	CLEANUP(name_done) struct name name = { 0 };

	if (!name_from_text(text, &name, NULL))
		return;
	expect_printable(&name);
	expect_same_by_der(&name);
	expect_same_by_text(&name);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	parse_der((struct bytes){ data, size });
	parse_text((struct bytes){ data, size });
	return 0;
}
