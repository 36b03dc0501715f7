/* The notations of an allowlist (mission.md, gate 1). What could be read in two ways is never
 * guessed. */
#include "base/address.h"

#include <stdio.h>
#include <string.h>

#define V4_BITS 32
#define V6_BITS 128
#define OCTET_MAX 255
#define NOTATION_MAX 128 /* two IPv6 addresses, a word and some blanks */

static bool is_blank(char character)
{
	return character == ' ' || character == '\t';
}

/* A copy without outer blanks, short enough to be a notation at all. */
static bool copy_trimmed(const char *text, char into[NOTATION_MAX], struct error *err)
{
	size_t len;

	while (is_blank(*text))
		text++;
	len = strnlen(text, NOTATION_MAX);
	while (len && len < NOTATION_MAX && is_blank(text[len - 1]))
		len--;
	if (len == 0)
		return error_set(err, REASON_INVALID, "an address is missing");
	if (len == NOTATION_MAX)
		return error_set(err, REASON_INVALID, "\"%.40s...\" is too long for an address",
				 text);
	memcpy(into, text, len);
	into[len] = '\0';
	return true;
}

/* Digits without sign or leading zero: 032 is octal to some programs. */
static bool parse_number(const char *text, unsigned int max, unsigned int *ret)
{
	unsigned int number = 0;
	size_t len = strspn(text, "0123456789");

	if (len == 0 || len > 3 || text[len] || (len > 1 && text[0] == '0'))
		return false;
	for (; *text; text++)
		number = number * 10 + (unsigned int)(*text - '0');
	*ret = number;
	return number <= max;
}

/* The first and last address that agree with `base` in its first `bits` bits. */
static struct address_range network(const struct address *base, unsigned int bits)
{
	struct address_range range = { *base, *base };

	for (unsigned int i = 0; i < sizeof base->bytes; i++) {
		unsigned int fixed = bits > 8 * i ? bits - 8 * i : 0;
		unsigned char host = (unsigned char)(fixed >= 8 ? 0 : 0xff >> fixed);
		range.first.bytes[i] &= (unsigned char)~host;
		range.last.bytes[i] |= host;
	}
	return range;
}

static bool read_cidr(const struct address *base, unsigned int bits, const char *text,
		      struct address_range *ret, struct error *err)
{
	struct address_range range = network(base, bits);
	char first[ADDRESS_TEXT_MAX];

	if (address_compare(&range.first, base) != 0)
		return error_set(err, REASON_INVALID,
				 "\"%s\": bits beyond the prefix are set; the network begins at %s",
				 text, address_to_text(&range.first, first));
	*ret = range;
	return true;
}

static bool read_last_octet(const struct address *base, unsigned int octet, const char *text,
			    struct address_range *ret, struct error *err)
{
	unsigned int begins = base->bytes[sizeof base->bytes - 1];

	if (octet < begins)
		return error_set(err, REASON_INVALID,
				 "\"%s\": the last octet would run from %u down to %u", text,
				 begins, octet);
	*ret = (struct address_range){ *base, *base };
	ret->last.bytes[sizeof base->bytes - 1] = (unsigned char)octet;
	return true;
}

/* What one reading would mean, for the operator who must choose. */
static const char *reading_to_text(bool possible, const struct address_range *range,
				   char into[ADDRESS_RANGE_TEXT_MAX])
{
	return possible ? address_range_to_text(range, into) : "impossible";
}

static bool refuse_ambiguous(const struct address *base, unsigned int number, const char *text,
			     struct error *err)
{
	struct address_range cidr, octet;
	char cidr_text[ADDRESS_RANGE_TEXT_MAX], octet_text[ADDRESS_RANGE_TEXT_MAX];
	bool cidr_fits = read_cidr(base, V6_BITS - V4_BITS + number, text, &cidr, NULL);
	bool octet_fits = read_last_octet(base, number, text, &octet, NULL);

	return error_set(err, REASON_AMBIGUOUS_NOTATION,
			 "\"cidr %s\" would be %s; \"last-octet %s\" would be %s", text,
			 reading_to_text(cidr_fits, &cidr, cidr_text), text,
			 reading_to_text(octet_fits, &octet, octet_text));
}

enum word { WORD_NONE, WORD_CIDR, WORD_LAST_OCTET };

static enum word take_word(const char **text)
{
	static const char *const words[] = {
		[WORD_CIDR] = "cidr", [WORD_LAST_OCTET] = "last-octet"
	};

	for (enum word word = WORD_CIDR; word <= WORD_LAST_OCTET; word++) {
		size_t len = strlen(words[word]);
		if (strncmp(*text, words[word], len) != 0 || !is_blank((*text)[len]))
			continue;
		for (*text += len; is_blank(**text); (*text)++)
			;
		return word;
	}
	return WORD_NONE;
}

static bool parse_v6_prefix(const struct address *base, enum word word, const char *number,
			    const char *text, struct address_range *ret, struct error *err)
{
	unsigned int bits;

	if (word == WORD_LAST_OCTET)
		return error_set(err, REASON_INVALID, "\"%s\": only IPv4 has a last octet", text);
	if (!parse_number(number, V6_BITS, &bits))
		return error_set(err, REASON_INVALID, "\"%s\": the prefix is not 0 to 128", text);
	return read_cidr(base, bits, text, ret, err);
}

static bool parse_v4_slash(const struct address *base, enum word word, const char *number,
			   const char *text, struct address_range *ret, struct error *err)
{
	unsigned int value;

	if (!parse_number(number, OCTET_MAX, &value))
		return error_set(err, REASON_INVALID, "\"%s\": after the slash comes 0 to 255",
				 text);
	if (word == WORD_CIDR && value > V4_BITS)
		return error_set(err, REASON_INVALID, "\"%s\": the prefix is not 0 to 32", text);
	if (word == WORD_LAST_OCTET || value > V4_BITS)
		return read_last_octet(base, value, text, ret, err);
	if (word == WORD_NONE && strcmp(text, "0.0.0.0/0") != 0)
		return refuse_ambiguous(base, value, text, err);
	return read_cidr(base, V6_BITS - V4_BITS + value, text, ret, err);
}

static bool parse_slash(const char *text, const char *slash, enum word word,
			struct address_range *ret, struct error *err)
{
	struct address base;
	char base_text[NOTATION_MAX];

	snprintf(base_text, sizeof base_text, "%.*s", (int)(slash - text), text);
	if (!address_parse(base_text, &base, err))
		return false;
	if (strchr(base_text, ':'))
		return parse_v6_prefix(&base, word, slash + 1, text, ret, err);
	return parse_v4_slash(&base, word, slash + 1, text, ret, err);
}

static bool parse_trimmed(const char *text, struct address *ret, struct error *err)
{
	char trimmed[NOTATION_MAX];

	return copy_trimmed(text, trimmed, err) && address_parse(trimmed, ret, err);
}

static bool parse_pair(const char *text, const char *dash, struct address_range *ret,
		       struct error *err)
{
	char first[NOTATION_MAX];
	struct address_range range;

	snprintf(first, sizeof first, "%.*s", (int)(dash - text), text);
	if (!parse_trimmed(first, &range.first, err) || !parse_trimmed(dash + 1, &range.last, err))
		return false;
	if (address_compare(&range.first, &range.last) > 0)
		return error_set(err, REASON_INVALID, "\"%s\": the range runs downwards", text);
	*ret = range;
	return true;
}

static bool parse_notation(const char *text, struct address_range *ret, struct error *err)
{
	enum word word = take_word(&text);
	const char *slash = strchr(text, '/'), *dash = strchr(text, '-');

	if (slash)
		return parse_slash(text, slash, word, ret, err);
	if (word != WORD_NONE)
		return error_set(err, REASON_INVALID, "\"%s\": the word wants a.b.c.d/N", text);
	if (dash)
		return parse_pair(text, dash, ret, err);
	if (!address_parse(text, &ret->first, err))
		return false;
	ret->last = ret->first;
	return true;
}

bool address_range_parse(const char *text, struct address_range *ret, struct error *err)
{
	char trimmed[NOTATION_MAX];
	struct address_range range;

	if (!copy_trimmed(text, trimmed, err) || !parse_notation(trimmed, &range, err))
		return false;
	/* ::/80 would end among the IPv4-mapped addresses, which are IPv4 to us */
	if (address_is_v4(&range.first) != address_is_v4(&range.last))
		return error_set(err, REASON_INVALID, "\"%s\" mixes IPv4 and IPv6", trimmed);
	*ret = range;
	return true;
}

const char *address_range_to_text(const struct address_range *range,
				  char into[ADDRESS_RANGE_TEXT_MAX])
{
	char first[ADDRESS_TEXT_MAX], last[ADDRESS_TEXT_MAX];

	address_to_text(&range->first, first);
	if (address_compare(&range->first, &range->last) == 0)
		return memcpy(into, first, strlen(first) + 1);
	snprintf(into, ADDRESS_RANGE_TEXT_MAX, "%s - %s", first,
		 address_to_text(&range->last, last));
	return into;
}

bool address_range_is_everywhere(const struct address_range *range)
{
	static const char *const everywhere[] = { "0.0.0.0 - 255.255.255.255",
						  ":: - ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" };
	char text[ADDRESS_RANGE_TEXT_MAX];

	address_range_to_text(range, text);
	return strcmp(text, everywhere[0]) == 0 || strcmp(text, everywhere[1]) == 0;
}

static bool parse_item(const char *text, size_t len, struct address_range *ret, struct error *err)
{
	char item[NOTATION_MAX];

	if (len >= sizeof item)
		return error_set(err, REASON_INVALID, "\"%.40s...\" is too long for an address",
				 text);
	memcpy(item, text, len);
	item[len] = '\0';
	return address_range_parse(item, ret, err);
}

bool address_list_parse(const char *text, struct address_set *ret, struct error *err)
{
	struct address_range ranges[ADDRESS_LIST_MAX];
	size_t count = 0;

	for (;;) {
		size_t len = strcspn(text, ",");
		if (count == ADDRESS_LIST_MAX)
			return error_set(err, REASON_INVALID, "more than %d addresses",
					 ADDRESS_LIST_MAX);
		if (!parse_item(text, len, &ranges[count++], err))
			return false;
		if (!text[len])
			return address_set_make(ranges, count, ret, err);
		text += len + 1;
	}
}
