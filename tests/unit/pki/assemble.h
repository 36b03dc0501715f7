/* Test bytes written as hexadecimal text, in which "30{ … }" is an element whose length is counted
 * here. */
#pragma once

#include "test.h"

#include "hex.h"
#include "pki/der.h"

/* Stops at the end or before a closing brace. */
static inline const char *assemble(const char *text, struct buffer *to)
{
	while (*text && *text != '}') {
		if (*text == ' ') {
			text++;
			continue;
		}
		unsigned char byte = (unsigned char)(hex_digit(text[0]) << 4 | hex_digit(text[1]));
		text += 2;
		if (*text != '{') {
			buffer_append_byte(to, byte);
			continue;
		}
		size_t begun = der_begin(to, byte);
		text = assemble(text + 1, to);
		assert_int_equal(*text, '}');
		text++;
		der_end(to, begun);
	}
	return text;
}

static inline struct buffer from_text(const char *text)
{
	struct buffer ret = { 0 };

	assert_int_equal(*assemble(text, &ret), '\0');
	return ret;
}
