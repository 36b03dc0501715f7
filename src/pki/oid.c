#include <string.h>

#include "pki/der.h"

/* As wide as 2.25.<UUID> needs (X.667): 128 bits in one arc. */
typedef unsigned __int128 oid_arc;

#define ARC_MAX (~(oid_arc)0)
#define ARC_OCTETS_MAX 19 /* of 7 bits, for 128 */
#define ARC_DIGITS_MAX 39
#define SECOND_ARC_RANGE 40 /* X.690 8.19.4: the first two arcs share a subidentifier */
#define MORE_OCTETS 0x80

/* One arc in decimal without leading zeros; `*text` moves behind it. */
static bool read_arc(const char **text, oid_arc *ret)
{
	const char *at = *text;
	oid_arc value = 0;

	if (*at < '0' || *at > '9' || (at[0] == '0' && at[1] >= '0' && at[1] <= '9'))
		return false;
	for (; *at >= '0' && *at <= '9'; at++) {
		oid_arc digit = (oid_arc)(*at - '0');

		if (value > (ARC_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*text = at;
	*ret = value;
	return true;
}

static void write_subidentifier(struct buffer *to, oid_arc value)
{
	unsigned char octets[ARC_OCTETS_MAX];
	size_t first = sizeof octets - 1;

	octets[first] = (unsigned char)(value & 0x7f);
	for (value >>= 7; value; value >>= 7)
		octets[--first] = (unsigned char)((value & 0x7f) | MORE_OCTETS);
	buffer_append(to, (struct bytes){ octets + first, sizeof octets - first });
}

/* "1.2" of "1.2.840": their common subidentifier. */
static bool read_first_arcs(const char **text, oid_arc *ret)
{
	oid_arc root, second;

	if (!read_arc(text, &root) || root > 2 || **text != '.')
		return false;
	(*text)++;
	if (!read_arc(text, &second))
		return false;
	if (root < 2 && second >= SECOND_ARC_RANGE)
		return false;
	if (second > ARC_MAX - root * SECOND_ARC_RANGE)
		return false;
	*ret = root * SECOND_ARC_RANGE + second;
	return true;
}

bool oid_from_text(const char *text, struct buffer *ret)
{
	CLEANUP(buffer_done) struct buffer contents = { 0 };
	oid_arc arc;

	if (!text || !read_first_arcs(&text, &arc))
		return false;
	write_subidentifier(&contents, arc);
	while (*text == '.' && contents.len <= OID_OCTETS_MAX) {
		text++;
		if (!read_arc(&text, &arc))
			return false;
		write_subidentifier(&contents, arc);
	}
	if (*text != '\0' || contents.len > OID_OCTETS_MAX || !buffer_ok(&contents))
		return false;
	buffer_append(ret, buffer_view(&contents));
	return buffer_ok(ret);
}

/* X.690 8.19.2: the shortest form, so no subidentifier begins with 0x80. */
static bool read_subidentifier(struct bytes *rest, oid_arc *ret)
{
	oid_arc value = 0;

	if (rest->len == 0 || rest->data[0] == MORE_OCTETS)
		return false;
	for (size_t i = 0; i < rest->len; i++) {
		if (value > ARC_MAX >> 7)
			return false;
		value = value << 7 | (rest->data[i] & 0x7f);
		if (!(rest->data[i] & MORE_OCTETS)) {
			rest->data += i + 1;
			rest->len -= i + 1;
			*ret = value;
			return true;
		}
	}
	return false;
}

bool oid_is_sound(struct bytes contents)
{
	oid_arc arc;

	if (contents.len == 0 || contents.len > OID_OCTETS_MAX)
		return false;
	while (contents.len > 0)
		if (!read_subidentifier(&contents, &arc))
			return false;
	return true;
}

static void print_arc(struct buffer *to, oid_arc value)
{
	char digits[ARC_DIGITS_MAX + 1];
	size_t first = sizeof digits - 1;

	digits[first] = '\0';
	do {
		digits[--first] = (char)('0' + (int)(value % 10));
		value /= 10;
	} while (value);
	buffer_append_text(to, digits + first);
}

bool oid_to_text(struct bytes contents, struct buffer *ret)
{
	oid_arc arc = 0;

	if (!oid_is_sound(contents) || !read_subidentifier(&contents, &arc))
		return false;

	oid_arc root = arc < 2 * SECOND_ARC_RANGE ? arc / SECOND_ARC_RANGE : 2;
	print_arc(ret, root);
	buffer_append_byte(ret, '.');
	print_arc(ret, arc - root * SECOND_ARC_RANGE);
	while (contents.len > 0 && read_subidentifier(&contents, &arc)) {
		buffer_append_byte(ret, '.');
		print_arc(ret, arc);
	}
	return buffer_ok(ret);
}
