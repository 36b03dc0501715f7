#include "pki/der_string.h"

#include "base/utf8.h"
#include "pki/der.h"

/* No type's octets more than double as UTF-8: Latin-1 does, UCS-2 grows by half. */
#define GROWTH_MAX 2

/* Takes one character off the front; UTF8_INVALID for what is none. At least one byte goes. */
typedef uint32_t take_function(struct bytes *rest);

static uint32_t take_big_endian(struct bytes *rest, size_t width)
{
	size_t available = rest->len < width ? rest->len : width;
	uint32_t value = 0;

	for (size_t i = 0; i < available; i++)
		value = value << 8 | rest->data[i];
	rest->data += available;
	rest->len -= available;
	return available == width ? value : UTF8_INVALID;
}

static uint32_t ascii_or_invalid(uint32_t code_point)
{
	return code_point < 0x80 ? code_point : UTF8_INVALID;
}

static uint32_t take_ascii(struct bytes *rest)
{
	return ascii_or_invalid(take_big_endian(rest, 1));
}

static uint32_t take_latin_1(struct bytes *rest)
{
	return take_big_endian(rest, 1);
}

/* BMPString is UCS-2: a surrogate stands for no character. */
static uint32_t take_ucs_2(struct bytes *rest)
{
	uint32_t code_point = take_big_endian(rest, 2);

	return code_point >= 0xd800 && code_point <= 0xdfff ? UTF8_INVALID : code_point;
}

static uint32_t take_universal(struct bytes *rest)
{
	return ascii_or_invalid(take_big_endian(rest, 4));
}

static const struct reading {
	unsigned int tag;
	take_function *strict, *tolerant;
} readings[] = {
	{ DER_UTF8_STRING, utf8_take, utf8_take },
	{ DER_PRINTABLE_STRING, take_ascii, take_ascii },
	{ DER_IA5_STRING, take_ascii, take_ascii },
	{ DER_BMP_STRING, take_ucs_2, take_ucs_2 },
	{ DER_TELETEX_STRING, take_ascii, take_latin_1 },
	{ DER_UNIVERSAL_STRING, take_universal, take_universal },
};

static const struct reading *find_reading(unsigned int tag)
{
	for (size_t i = 0; i < ARRAY_LEN(readings); i++)
		if (readings[i].tag == tag)
			return &readings[i];
	return NULL;
}

static char *put_utf8(char *at, uint32_t code_point)
{
	if (code_point < 0x80) {
		*at++ = (char)code_point;
		return at;
	}

	unsigned int more = code_point < 0x800 ? 1 : code_point < 0x10000 ? 2 : 3;
	*at++ = (char)(0xf80U >> more | code_point >> (6 * more));
	while (more-- > 0)
		*at++ = (char)(0x80 | (code_point >> (6 * more) & 0x3f));
	return at;
}

static bool new_text(struct bytes contents, char **ret, struct error *err)
{
	*ret = malloc(GROWTH_MAX * contents.len + 1);
	return *ret || error_set(err, REASON_NO_MEMORY, "string");
}

bool der_string_decode(unsigned int tag, struct bytes contents, char **ret, struct error *err)
{
	const struct reading *reading = find_reading(tag);
	CLEANUP(freep) char *text = NULL;

	if (!reading)
		return error_set(err, REASON_NAME_INVALID, "no character string (tag 0x%02x)", tag);
	if (!new_text(contents, &text, err))
		return false;
	char *at = text;
	while (contents.len > 0) {
		uint32_t code_point = reading->strict(&contents);

		if (code_point == 0 || code_point == UTF8_INVALID)
			return error_set(err, REASON_NAME_INVALID,
					 "bytes that are no text of their string type");
		at = put_utf8(at, code_point);
	}
	*at = '\0';
	*ret = TAKE(text);
	return true;
}

bool der_string_decode_tolerant(unsigned int tag, struct bytes contents, char **ret,
				struct error *err)
{
	const struct reading *reading = find_reading(tag);
	take_function *take = reading ? reading->tolerant : take_ascii;
	CLEANUP(freep) char *text = NULL;

	if (!new_text(contents, &text, err))
		return false;
	char *at = text;
	while (contents.len > 0) {
		uint32_t code_point = take(&contents);
		bool is_readable = code_point != UTF8_INVALID && !utf8_is_unprintable(code_point);

		at = put_utf8(at, is_readable ? code_point : '?');
	}
	*at = '\0';
	*ret = TAKE(text);
	return true;
}
