#include "http/body.h"

#include "http/text.h"

struct body body_begin(const struct framing *framing, size_t max)
{
	struct body body = { .state = BODY_COUNTED, .left = framing->length, .max = max };

	if (framing->chunked)
		body.state = BODY_SIZE;
	else if (framing->length == 0)
		body.state = BODY_COMPLETE;
	return body;
}

static size_t take_counted(struct body *body, struct bytes text, struct buffer *into)
{
	size_t len = text.len < body->left ? text.len : (size_t)body->left;

	buffer_append(into, (struct bytes){ text.data, len });
	body->left -= len;
	body->taken += len;
	if (body->left == 0)
		body->state = body->state == BODY_COUNTED ? BODY_COMPLETE : BODY_CHUNK_CR;
	return len;
}

static bool take_size_digit(struct body *body, int digit, struct refusal *refusal)
{
	if (++body->digits > BODY_SIZE_DIGITS_MAX)
		return refuse(refusal, 400, "a chunk size of too many digits");
	body->left = body->left * 16 + (uint64_t)digit;
	return true;
}

static bool take_size(struct body *body, unsigned char c, struct refusal *refusal)
{
	int digit = text_hex_value(c);

	if (digit >= 0)
		return take_size_digit(body, digit, refusal);
	if (body->digits == 0 || (c != '\r' && c != ';'))
		return refuse(refusal, 400, "a malformed chunk size");
	if (body->left > body->max - body->taken)
		return refuse(refusal, 413, "the chunks together are above the limit");
	body->state = c == ';' ? BODY_EXTENSION : BODY_SIZE_LF;
	return true;
}

static bool take_extension(struct body *body, unsigned char c, struct refusal *refusal)
{
	if (++body->extensions > BODY_EXTENSIONS_MAX)
		return refuse(refusal, 400, "chunk extensions without end");
	if (c == '\r')
		body->state = BODY_SIZE_LF;
	else if (!text_is_field_octet(c))
		return refuse(refusal, 400, "a control character in a chunk extension");
	return true;
}

static bool take_size_lf(struct body *body, unsigned char c, struct refusal *refusal)
{
	if (c != '\n')
		return refuse(refusal, 400, "CR without LF after a chunk size");
	body->digits = 0;
	body->state = body->left ? BODY_CHUNK : BODY_TRAILER_START;
	return true;
}

static bool take_chunk_cr(struct body *body, unsigned char c, struct refusal *refusal)
{
	body->state = BODY_CHUNK_LF;
	return c == '\r' || refuse(refusal, 400, "a chunk longer than its size");
}

static bool take_chunk_lf(struct body *body, unsigned char c, struct refusal *refusal)
{
	body->state = BODY_SIZE;
	return c == '\n' || refuse(refusal, 400, "CR without LF after a chunk");
}

static bool take_trailer(struct body *body, unsigned char c, struct refusal *refusal)
{
	if (++body->trailers > BODY_TRAILERS_MAX)
		return refuse(refusal, 431, "trailers without end");
	if (c == '\r')
		body->state = body->state == BODY_TRAILER_START ? BODY_LAST_LF : BODY_TRAILER_LF;
	else if (!text_is_field_octet(c))
		return refuse(refusal, 400, "a control character in a trailer");
	else
		body->state = BODY_TRAILER;
	return true;
}

static bool take_trailer_lf(struct body *body, unsigned char c, struct refusal *refusal)
{
	body->state = body->state == BODY_LAST_LF ? BODY_COMPLETE : BODY_TRAILER_START;
	return c == '\n' || refuse(refusal, 400, "CR without LF in the trailers");
}

static bool (*const take_octet[])(struct body *, unsigned char, struct refusal *) = {
	[BODY_SIZE] = take_size,          [BODY_EXTENSION] = take_extension,
	[BODY_SIZE_LF] = take_size_lf,    [BODY_CHUNK_CR] = take_chunk_cr,
	[BODY_CHUNK_LF] = take_chunk_lf,  [BODY_TRAILER_START] = take_trailer,
	[BODY_TRAILER] = take_trailer,    [BODY_TRAILER_LF] = take_trailer_lf,
	[BODY_LAST_LF] = take_trailer_lf,
};

enum parse body_take(struct body *body, struct bytes text, size_t *ret_used, struct buffer *into,
		     struct refusal *refusal)
{
	size_t used = 0;

	*ret_used = 0;
	while (used < text.len && body->state != BODY_COMPLETE) {
		if (body->state == BODY_COUNTED || body->state == BODY_CHUNK)
			used += take_counted(
				body, (struct bytes){ text.data + used, text.len - used }, into);
		else if (!take_octet[body->state](body, text.data[used++], refusal))
			return PARSE_REFUSED;
	}
	*ret_used = used;
	return body->state == BODY_COMPLETE ? PARSE_DONE : PARSE_MORE;
}
