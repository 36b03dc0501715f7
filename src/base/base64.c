#include "base/base64.h"

#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define SEXTETS 64
#define SPACE (SEXTETS + 1)
#define PADDING (SEXTETS + 2)

/* One more than the character's value, so that everything unnamed is 0: outside the alphabet. */
static const unsigned char classes[256] = {
	['A'] = 1,      ['B'] = 2,      ['C'] = 3,       ['D'] = 4,  ['E'] = 5,     ['F'] = 6,
	['G'] = 7,      ['H'] = 8,      ['I'] = 9,       ['J'] = 10, ['K'] = 11,    ['L'] = 12,
	['M'] = 13,     ['N'] = 14,     ['O'] = 15,      ['P'] = 16, ['Q'] = 17,    ['R'] = 18,
	['S'] = 19,     ['T'] = 20,     ['U'] = 21,      ['V'] = 22, ['W'] = 23,    ['X'] = 24,
	['Y'] = 25,     ['Z'] = 26,     ['a'] = 27,      ['b'] = 28, ['c'] = 29,    ['d'] = 30,
	['e'] = 31,     ['f'] = 32,     ['g'] = 33,      ['h'] = 34, ['i'] = 35,    ['j'] = 36,
	['k'] = 37,     ['l'] = 38,     ['m'] = 39,      ['n'] = 40, ['o'] = 41,    ['p'] = 42,
	['q'] = 43,     ['r'] = 44,     ['s'] = 45,      ['t'] = 46, ['u'] = 47,    ['v'] = 48,
	['w'] = 49,     ['x'] = 50,     ['y'] = 51,      ['z'] = 52, ['0'] = 53,    ['1'] = 54,
	['2'] = 55,     ['3'] = 56,     ['4'] = 57,      ['5'] = 58, ['6'] = 59,    ['7'] = 60,
	['8'] = 61,     ['9'] = 62,     ['+'] = 63,      ['/'] = 64, [' '] = SPACE, ['\t'] = SPACE,
	['\r'] = SPACE, ['\n'] = SPACE, ['='] = PADDING,
};

struct decoder {
	struct bytes text;
	size_t at;
	unsigned char *out; /* room for all that `text` can hold */
	size_t out_len;
	uint32_t bits;     /* of the quad that is under way */
	unsigned int have; /* its characters so far */
	unsigned int padding;
};

/* Whole quads without white space: nearly everything that ever arrives. */
static void decode_quads(struct decoder *decoder)
{
	const unsigned char *in = decoder->text.data + decoder->at;
	const unsigned char *end = decoder->text.data + decoder->text.len;
	unsigned char *out = decoder->out + decoder->out_len;

	for (; end - in >= 4; in += 4) {
		unsigned int a = classes[in[0]] - 1u, b = classes[in[1]] - 1u;
		unsigned int c = classes[in[2]] - 1u, d = classes[in[3]] - 1u;
		if ((a | b | c | d) >= SEXTETS)
			break;
		unsigned int quad = a << 18 | b << 12 | c << 6 | d;
		*out++ = (unsigned char)(quad >> 16);
		*out++ = (unsigned char)(quad >> 8);
		*out++ = (unsigned char)quad;
	}
	decoder->at = (size_t)(in - decoder->text.data);
	decoder->out_len = (size_t)(out - decoder->out);
}

static bool decode_sextet(struct decoder *decoder, unsigned int value, struct error *err)
{
	if (decoder->padding)
		return error_set(err, REASON_CSR_BAD_ENCODING,
				 "base64 goes on after its padding at offset %zu", decoder->at);
	decoder->bits = decoder->bits << 6 | value;
	if (++decoder->have < 4)
		return true;
	decoder->out[decoder->out_len++] = (unsigned char)(decoder->bits >> 16);
	decoder->out[decoder->out_len++] = (unsigned char)(decoder->bits >> 8);
	decoder->out[decoder->out_len++] = (unsigned char)decoder->bits;
	decoder->bits = 0;
	decoder->have = 0;
	return true;
}

static bool decode_padding(struct decoder *decoder, struct error *err)
{
	decoder->padding++;
	if (decoder->have < 2 || decoder->have + decoder->padding > 4)
		return error_set(err, REASON_CSR_BAD_ENCODING,
				 "surplus base64 padding at offset %zu", decoder->at);
	return true;
}

static bool decode_character(struct decoder *decoder, struct error *err)
{
	unsigned char character = decoder->text.data[decoder->at];
	unsigned int class = classes[character];

	if (class == 0)
		return error_set(err, REASON_CSR_BAD_ENCODING,
				 "byte 0x%02x at offset %zu is outside the base64 alphabet",
				 character, decoder->at);
	if (class == SPACE)
		return true;
	if (class == PADDING)
		return decode_padding(decoder, err);
	return decode_sextet(decoder, class - 1, err);
}

/* The last quad, which padding makes whole. RFC 4648 3.5: bits that no byte uses must be zero. */
static bool decode_end(struct decoder *decoder, struct error *err)
{
	if (decoder->have == 0)
		return true;
	if (decoder->have + decoder->padding != 4)
		return error_set(
			err, REASON_CSR_BAD_ENCODING,
			"base64 ends within a group of four at offset %zu: padding is missing",
			decoder->at);

	uint32_t group = decoder->bits << 6 * decoder->padding;
	if (group & ((1u << 8 * decoder->padding) - 1))
		return error_set(err, REASON_CSR_BAD_ENCODING,
				 "base64 ends at offset %zu with leftover bits that are not zero",
				 decoder->at);
	decoder->out[decoder->out_len++] = (unsigned char)(group >> 16);
	if (decoder->padding == 1)
		decoder->out[decoder->out_len++] = (unsigned char)(group >> 8);
	return true;
}

static bool decode_all(struct decoder *decoder, struct error *err)
{
	for (; decoder->at < decoder->text.len; decoder->at++) {
		if (decoder->have == 0 && decoder->padding == 0)
			decode_quads(decoder);
		if (decoder->at == decoder->text.len)
			break;
		if (!decode_character(decoder, err))
			return false;
	}
	if (!decode_end(decoder, err))
		return false;
	if (decoder->out_len == 0)
		return error_set(err, REASON_CSR_BAD_ENCODING, "there is no base64 in %zu bytes",
				 decoder->text.len);
	return true;
}

bool base64_decode(struct bytes text, struct buffer *ret, struct error *err)
{
	size_t before = ret->len;
	unsigned char *room = buffer_reserve(ret, text.len / 4 * 3 + 3);

	if (!room)
		return error_set(err, REASON_NO_MEMORY, "base64");

	struct decoder decoder = { .text = text, .out = room };
	bool decoded = decode_all(&decoder, err);
	ret->len = before + (decoded ? decoder.out_len : 0);
	return decoded;
}

static void encode_group(const unsigned char *in, size_t len, unsigned char out[4])
{
	unsigned int group = (unsigned int)in[0] << 16;

	if (len > 1)
		group |= (unsigned int)in[1] << 8;
	if (len > 2)
		group |= in[2];
	out[0] = (unsigned char)alphabet[group >> 18];
	out[1] = (unsigned char)alphabet[group >> 12 & 63];
	out[2] = (unsigned char)(len > 1 ? alphabet[group >> 6 & 63] : '=');
	out[3] = (unsigned char)(len > 2 ? alphabet[group & 63] : '=');
}

static void encode_run(struct bytes bytes, unsigned char *out)
{
	for (; bytes.len >= 3; bytes.data += 3, bytes.len -= 3, out += 4)
		encode_group(bytes.data, 3, out);
	if (bytes.len)
		encode_group(bytes.data, bytes.len, out);
}

/* Moves the characters from the back to where their lines will be, so that no copy is needed. */
static void break_lines(unsigned char *text, size_t len, size_t line_length)
{
	size_t lines = (len + line_length - 1) / line_length;

	for (size_t line = lines; line > 0; line--) {
		size_t start = (line - 1) * line_length;
		size_t here = line == lines ? len - start : line_length;
		unsigned char *to = text + start + (line - 1);
		memmove(to, text + start, here);
		to[here] = '\n';
	}
}

void base64_encode(struct bytes bytes, size_t line_length, struct buffer *ret)
{
	size_t len = (bytes.len + 2) / 3 * 4;
	size_t line = line_length ? line_length : len;
	size_t lines = len ? (len + line - 1) / line : 0;
	unsigned char *room = buffer_reserve(ret, len + lines);

	if (!room || len == 0)
		return;
	encode_run(bytes, room);
	break_lines(room, len, line);
}
