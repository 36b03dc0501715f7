/* Test bytes written as hexadecimal text with spaces. */
#pragma once

#include <string.h>

#include "base/bytes.h"

static inline int hex_digit(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

/* Appends; "30 03 0101ff". */
static inline struct bytes hex_into(struct buffer *buffer, const char *text)
{
	for (; *text; text++) {
		if (*text == ' ')
			continue;
		buffer_append_byte(buffer,
				   (unsigned char)(hex_digit(text[0]) << 4 | hex_digit(text[1])));
		text++;
	}
	return buffer_view(buffer);
}
