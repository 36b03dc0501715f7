#include "pki/punycode.h"

#include "base/utf8.h"

/* RFC 3492 5 */
#define BASE 36
#define T_MIN 1
#define T_MAX 26
#define SKEW 38
#define DAMP 700
#define INITIAL_BIAS 72
#define INITIAL_N 0x80
#define CODE_POINT_MAX 0x10ffff
#define NO_DIGIT BASE

static uint32_t digit_value(unsigned char c)
{
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a');
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0') + 26;
	return NO_DIGIT;
}

static uint32_t threshold(uint32_t k, uint32_t bias)
{
	if (k <= bias + T_MIN)
		return T_MIN;
	return k >= bias + T_MAX ? T_MAX : k - bias;
}

/* RFC 3492 6.1 */
static uint32_t adapt_bias(uint32_t delta, uint32_t points, bool is_first)
{
	uint32_t k = 0;

	delta = is_first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > ((BASE - T_MIN) * T_MAX) / 2; k += BASE)
		delta /= BASE - T_MIN;
	return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* One generalised variable-length integer (RFC 3492 3.3) added to *value; false where it breaks off
 * or overflows. */
static bool take_delta(struct bytes *text, uint32_t bias, uint32_t *value)
{
	uint32_t weight = 1;

	for (uint32_t k = BASE; text->len > 0; k += BASE) {
		uint32_t digit = digit_value(text->data[0]);
		uint32_t t = threshold(k, bias);

		text->data++;
		text->len--;
		if (digit == NO_DIGIT || digit > (UINT32_MAX - *value) / weight)
			return false;
		*value += digit * weight;
		if (digit < t)
			return true;
		if (weight > UINT32_MAX / (BASE - t))
			return false;
		weight *= BASE - t;
	}
	return false;
}

static bool is_text(uint32_t code_point)
{
	return code_point <= CODE_POINT_MAX && (code_point < 0xd800 || code_point > 0xdfff) &&
	       !utf8_is_unprintable(code_point);
}

/* The plain letters in front end with the last hyphen, which is not one of them. */
static struct bytes skip_basic(struct bytes text, uint32_t *ret_count)
{
	size_t behind = text.len;

	while (behind > 0 && text.data[behind - 1] != '-')
		behind--;
	*ret_count = behind > 0 ? (uint32_t)behind - 1 : 0;
	return (struct bytes){ text.data + behind, text.len - behind };
}

/* Runs the decoder of RFC 3492 6.2 for its code points only; where they go does not matter here. */
bool punycode_is_sound(struct bytes text)
{
	uint32_t points, code_point = INITIAL_N, position = 0, bias = INITIAL_BIAS;
	struct bytes deltas = skip_basic(text, &points);
	bool is_first = true;

	if (deltas.len == 0)
		return false;
	while (deltas.len > 0) {
		uint32_t before = position;

		if (!take_delta(&deltas, bias, &position))
			return false;
		points++;
		bias = adapt_bias(position - before, points, is_first);
		is_first = false;
		if (position / points > CODE_POINT_MAX - code_point)
			return false;
		code_point += position / points;
		position = position % points + 1;
		if (!is_text(code_point))
			return false;
	}
	return true;
}
