#include "pki/der.h"

#include <string.h>

#include "pki/der_time.h"

#define TAG_NUMBER_MASK 0x1f /* all ones announce a tag of several bytes */
#define LENGTH_LONG_FORM 0x80
#define LENGTH_OCTETS_MAX 4
#define SIGN_BIT 0x80

struct der der_open(struct bytes bytes)
{
	return (struct der){ .rest = bytes };
}

bool der_at_end(const struct der *der)
{
	return !der->failed && der->rest.len == 0;
}

bool der_next_is(const struct der *der, unsigned int tag)
{
	return der->rest.len > 0 && der->rest.data[0] == tag;
}

static struct bytes fail(struct der *der)
{
	*der = (struct der){ .failed = true };
	return (struct bytes){ 0 };
}

/* X.690 8.1.3.5 and 10.1: the long form only where the short one does not suffice, and without
 * leading zeros. */
static bool read_long_length(struct bytes rest, size_t octets, size_t *ret)
{
	size_t len = 0;

	if (octets == 0 || octets > LENGTH_OCTETS_MAX || octets > rest.len || rest.data[0] == 0)
		return false;
	for (size_t i = 0; i < octets; i++)
		len = len << 8 | rest.data[i];
	*ret = len;
	return len >= LENGTH_LONG_FORM;
}

/* Where the contents begin and how long they are, relative to `rest`. */
static bool measure(struct bytes rest, size_t *ret_head, size_t *ret_len)
{
	if (rest.len < 2 || rest.data[0] == 0 ||
	    (rest.data[0] & TAG_NUMBER_MASK) == TAG_NUMBER_MASK)
		return false;

	size_t head = 2;
	size_t len = rest.data[1];
	if (len >= LENGTH_LONG_FORM) {
		size_t octets = len - LENGTH_LONG_FORM;

		if (!read_long_length((struct bytes){ rest.data + 2, rest.len - 2 }, octets, &len))
			return false;
		head += octets;
	}
	*ret_head = head;
	*ret_len = len;
	return len <= rest.len - head;
}

static struct bytes advance(struct der *der, bool with_head)
{
	size_t head, len;

	if (der->failed || !measure(der->rest, &head, &len))
		return fail(der);

	const unsigned char *start = der->rest.data;
	der->rest.data += head + len;
	der->rest.len -= head + len;
	return with_head ? (struct bytes){ start, head + len }
			 : (struct bytes){ start + head, len };
}

struct bytes der_read(struct der *der, unsigned int tag)
{
	return der_next_is(der, tag) ? advance(der, false) : fail(der);
}

struct bytes der_read_any(struct der *der, unsigned int *ret_tag)
{
	unsigned int tag = der->rest.len > 0 ? der->rest.data[0] : 0;
	struct bytes contents = advance(der, false);

	if (ret_tag)
		*ret_tag = der->failed ? 0 : tag;
	return contents;
}

struct bytes der_read_whole(struct der *der, unsigned int tag)
{
	return der_next_is(der, tag) ? advance(der, true) : fail(der);
}

struct der der_enter(struct der *der, unsigned int tag)
{
	struct bytes contents = der_read(der, tag);

	return (struct der){ .rest = contents, .failed = der->failed };
}

/* X.690 8.3.2: the first nine bits are neither all zero nor all one; negative is refused here. */
static bool is_small_magnitude(struct bytes contents)
{
	if (contents.len == 0 || contents.len > sizeof(uint32_t) || contents.data[0] & SIGN_BIT)
		return false;
	return contents.len == 1 || contents.data[0] != 0 || contents.data[1] & SIGN_BIT;
}

uint32_t der_read_small(struct der *der)
{
	struct bytes contents = der_read(der, DER_INTEGER);
	uint32_t value = 0;

	if (!is_small_magnitude(contents)) {
		fail(der);
		return 0;
	}
	for (size_t i = 0; i < contents.len; i++)
		value = value << 8 | contents.data[i];
	return value;
}

struct bytes der_read_octet_bits(struct der *der)
{
	struct bytes contents = der_read(der, DER_BIT_STRING);

	if (contents.len == 0 || contents.data[0] != 0)
		return fail(der);
	return (struct bytes){ contents.data + 1, contents.len - 1 };
}

bool der_read_boolean(struct der *der)
{
	struct bytes contents = der_read(der, DER_BOOLEAN);

	if (contents.len != 1 || (contents.data[0] != 0x00 && contents.data[0] != 0xff)) {
		fail(der);
		return false;
	}
	return contents.data[0] == 0xff;
}

int64_t der_read_time(struct der *der)
{
	unsigned int tag = der_next_is(der, DER_UTC_TIME) ? DER_UTC_TIME : DER_GENERALIZED_TIME;
	struct bytes contents = der_read(der, tag);
	int64_t seconds = 0;

	if (!der_time_parse(contents, tag, &seconds))
		fail(der);
	return seconds;
}

/* -- writing -- */

static size_t count_length_octets(size_t len)
{
	size_t octets = 0;

	for (; len; len >>= 8)
		octets++;
	return octets;
}

/* Longer than the reader would take back; nothing of ours comes near. */
static bool is_too_long(size_t len)
{
	return count_length_octets(len) > LENGTH_OCTETS_MAX;
}

static void put_length(unsigned char *at, size_t len, size_t octets)
{
	*at++ = (unsigned char)(octets ? LENGTH_LONG_FORM | octets : len);
	for (size_t i = octets; i > 0; i--)
		*at++ = (unsigned char)(len >> (8 * (i - 1)));
}

static unsigned char *reserve_element(struct buffer *to, unsigned int tag, size_t len)
{
	size_t octets = len < LENGTH_LONG_FORM ? 0 : count_length_octets(len);

	if (is_too_long(len)) {
		to->failed = true;
		return NULL;
	}
	unsigned char *at = buffer_reserve(to, 2 + octets + len);
	if (!at)
		return NULL;
	at[0] = (unsigned char)tag;
	put_length(at + 1, len, octets);
	return at + 2 + octets;
}

void der_write(struct buffer *to, unsigned int tag, struct bytes contents)
{
	unsigned char *at = reserve_element(to, tag, contents.len);

	if (at && contents.len)
		memcpy(at, contents.data, contents.len);
}

void der_write_small(struct buffer *to, uint32_t value)
{
	unsigned char octets[sizeof value];

	for (size_t i = 0; i < sizeof octets; i++)
		octets[i] = (unsigned char)(value >> (8 * (sizeof octets - 1 - i)));
	der_write_unsigned(to, (struct bytes){ octets, sizeof octets });
}

void der_write_oid(struct buffer *to, struct bytes contents)
{
	der_write(to, DER_OID, contents);
}

void der_write_null(struct buffer *to)
{
	der_write(to, DER_NULL, (struct bytes){ 0 });
}

/* X.690 11.1: TRUE is all ones. */
void der_write_boolean(struct buffer *to, bool value)
{
	unsigned char octet = value ? 0xff : 0x00;

	der_write(to, DER_BOOLEAN, (struct bytes){ &octet, 1 });
}

static void write_with_leading_zero(struct buffer *to, unsigned int tag, struct bytes contents)
{
	unsigned char *at = reserve_element(to, tag, contents.len + 1);

	if (!at)
		return;
	at[0] = 0;
	if (contents.len)
		memcpy(at + 1, contents.data, contents.len);
}

void der_write_unsigned(struct buffer *to, struct bytes magnitude)
{
	while (magnitude.len > 0 && magnitude.data[0] == 0) {
		magnitude.data++;
		magnitude.len--;
	}
	if (magnitude.len == 0 || magnitude.data[0] & SIGN_BIT)
		write_with_leading_zero(to, DER_INTEGER, magnitude);
	else
		der_write(to, DER_INTEGER, magnitude);
}

void der_write_octet_bits(struct buffer *to, struct bytes octets)
{
	write_with_leading_zero(to, DER_BIT_STRING, octets); /* no unused bits */
}

void der_write_time(struct buffer *to, int64_t seconds)
{
	char text[DER_TIME_TEXT_MAX];
	unsigned int tag = der_time_print(seconds, text);

	if (tag == 0)
		to->failed = true;
	else
		der_write(to, tag, bytes_of_string(text));
}

void der_write_generalized_time(struct buffer *to, int64_t seconds)
{
	char text[DER_TIME_TEXT_MAX];

	if (der_time_print_generalized(seconds, text))
		der_write(to, DER_GENERALIZED_TIME, bytes_of_string(text));
	else
		to->failed = true;
}

size_t der_begin(struct buffer *to, unsigned int tag)
{
	unsigned char *at = buffer_reserve(to, 2);

	if (at) {
		at[0] = (unsigned char)tag;
		at[1] = 0;
	}
	return to->len;
}

void der_end(struct buffer *to, size_t begun)
{
	if (to->failed)
		return;

	size_t len = to->len - begun;
	size_t octets = len < LENGTH_LONG_FORM ? 0 : count_length_octets(len);
	if (is_too_long(len)) {
		to->failed = true;
		return;
	}
	if (octets) {
		if (!buffer_reserve(to, octets))
			return;
		memmove(to->data + begun + octets, to->data + begun, len);
	}
	put_length(to->data + begun - 1, len, octets);
}

/* X.690 11.6: compared as octet strings, the shorter padded with zeros. As every element carries
 * its own length, one is never the beginning of another. */
static int compare_elements(const void *left, const void *right)
{
	const struct bytes *a = left, *b = right;
	size_t common = a->len < b->len ? a->len : b->len;

	return common ? memcmp(a->data, b->data, common) : 0;
}

void der_write_set_of(struct buffer *to, unsigned int tag, struct bytes *elements, size_t count)
{
	size_t begun = der_begin(to, tag);

	if (count > 1)
		qsort(elements, count, sizeof *elements, compare_elements);
	for (size_t i = 0; i < count; i++)
		buffer_append(to, elements[i]);
	der_end(to, begun);
}
