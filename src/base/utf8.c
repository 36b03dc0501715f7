#include "base/utf8.h"

#include <string.h>

/* How many bytes follow this first one, and the smallest code point that needs so many; first bytes
 * in no row begin nothing. */
static const struct {
	unsigned char mask, lead;
	size_t more;
	uint32_t smallest;
} forms[] = {
	{ 0x80, 0x00, 0, 0 },
	{ 0xe0, 0xc0, 1, 0x80 },
	{ 0xf0, 0xe0, 2, 0x800 },
	{ 0xf8, 0xf0, 3, 0x10000 },
};

/* Yields UTF8_INVALID unless `more` continuation bytes follow the first one. */
static uint32_t read_form(struct bytes text, size_t more, uint32_t bits)
{
	if (text.len <= more)
		return UTF8_INVALID;
	for (size_t i = 1; i <= more; i++) {
		if ((text.data[i] & 0xc0) != 0x80)
			return UTF8_INVALID;
		bits = bits << 6 | (text.data[i] & 0x3f);
	}
	return bits;
}

static bool is_scalar(uint32_t code_point)
{
	return code_point <= 0x10ffff && (code_point < 0xd800 || code_point > 0xdfff);
}

uint32_t utf8_take(struct bytes *text)
{
	unsigned char first = text->data[0];
	uint32_t code_point = UTF8_INVALID;
	size_t len = 1;

	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		if ((first & forms[i].mask) != forms[i].lead)
			continue;
		uint32_t read =
			read_form(*text, forms[i].more, first & (unsigned char)~forms[i].mask);
		if (!is_scalar(read) || read < forms[i].smallest)
			break;
		code_point = read;
		len = forms[i].more + 1;
	}
	text->data += len;
	text->len -= len;
	return code_point;
}

bool utf8_is_unprintable(uint32_t code_point)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00, 0x1f },     { 0x7f, 0x9f },     { 0xad, 0xad },
		{ 0x61c, 0x61c },   { 0x200b, 0x200f }, { 0x2028, 0x202e },
		{ 0x2060, 0x2069 }, { 0xfeff, 0xfeff }, { 0xfff9, 0xfffb },
	};

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		if (code_point >= ranges[i].first && code_point <= ranges[i].last)
			return true;
	return false;
}

void utf8_clean(char *text)
{
	struct bytes rest = bytes_of_string(text);
	char *to = text;

	while (rest.len) {
		const unsigned char *from = rest.data;
		uint32_t code_point = utf8_take(&rest);
		if (code_point == UTF8_INVALID || utf8_is_unprintable(code_point)) {
			*to++ = '?';
			continue;
		}
		size_t len = (size_t)(rest.data - from);
		memmove(to, from, len);
		to += len;
	}
	*to = '\0';
}
