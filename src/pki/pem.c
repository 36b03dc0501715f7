#include "pki/pem.h"

#include <string.h>

#include "base/base64.h"
#include "pki/bundle.h"

#define PEM_LINE 64
#define PEM_LABEL_MAX 64

static const struct bytes begin = BYTES_LITERAL("-----BEGIN ");
static const struct bytes end = BYTES_LITERAL("-----END ");
static const struct bytes dashes = BYTES_LITERAL("-----");

/* Splits *text at the first `mark`; false leaves it as it is. */
static bool take_until(struct bytes *text, struct bytes mark, struct bytes *ret_before)
{
	const unsigned char *found =
		text->len ? memmem(text->data, text->len, mark.data, mark.len) : NULL;

	if (!found)
		return false;
	*ret_before = (struct bytes){ text->data, (size_t)(found - text->data) };
	text->data += ret_before->len + mark.len;
	text->len -= ret_before->len + mark.len;
	return true;
}

static bool take_label(struct bytes *text, struct bytes *ret)
{
	return take_until(text, dashes, ret) && ret->len <= PEM_LABEL_MAX;
}

enum pem_result pem_next(struct bytes *text, struct pem_block *ret)
{
	struct bytes before, label, base64, end_label;

	if (!take_until(text, begin, &before))
		return PEM_END;
	if (!take_label(text, &label) || !take_until(text, end, &base64) ||
	    !take_label(text, &end_label) || !bytes_equal(label, end_label))
		return PEM_BROKEN;
	*ret = (struct pem_block){ label, base64 };
	return PEM_BLOCK;
}

void pem_encode(const char *label, struct bytes der, struct buffer *ret)
{
	buffer_printf(ret, "-----BEGIN %s-----\n", label);
	base64_encode(der, PEM_LINE, ret);
	buffer_printf(ret, "-----END %s-----\n", label);
}

static bool label_is(struct bytes label, const char *wanted)
{
	return wanted && bytes_equal(label, bytes_of_string(wanted));
}

bool pem_decode(struct bytes text, const char *label, const char *also, struct buffer *ret)
{
	struct pem_block block, found = { 0 };
	enum pem_result result = pem_next(&text, &block);

	for (; result == PEM_BLOCK; result = pem_next(&text, &block)) {
		if (!label_is(block.label, label) && !label_is(block.label, also))
			continue;
		if (found.label.len)
			return false;
		found = block;
	}
	return result == PEM_END && found.label.len && base64_decode(found.base64, ret, NULL);
}
