#include <string.h>

#include "base/utf8.h"
#include "pki/name_attribute.h"
#include "pki/name_entries.h"

#define END 0

/* The alphabets of two cases whose letters lie a fixed step apart: upper case from `first` to
 * `last`, lower case `step` above. */
static const struct {
	uint32_t first, last, step;
} cases[] = {
	{ 'A', 'Z', 0x20 },     { 0xc0, 0xd6, 0x20 },   { 0xd8, 0xde, 0x20 },
	{ 0x391, 0x3ab, 0x20 }, { 0x410, 0x42f, 0x20 }, { 0x400, 0x40f, 0x50 },
};

static uint32_t fold_case(uint32_t c)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (c >= cases[i].first && c <= cases[i].last)
			return c + cases[i].step;
	return c;
}

/* RFC 4518 2.2 maps every separating space to U+0020. */
static bool is_space(uint32_t c)
{
	return c == ' ' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	       c == 0x202f || c == 0x205f || c == 0x3000;
}

static bool skip_spaces(struct bytes *text)
{
	bool skipped = false;

	while (text->len > 0) {
		struct bytes behind = *text;

		if (!is_space(utf8_take(&behind)))
			break;
		*text = behind;
		skipped = true;
	}
	return skipped;
}

/* A value as caseIgnoreMatch sees it: outer spaces gone, inner runs one space, letters folded. */
struct folded {
	struct bytes rest;
};

static struct folded fold(const char *value)
{
	struct folded folded = { bytes_of_string(value) };

	skip_spaces(&folded.rest);
	return folded;
}

static uint32_t folded_next(struct folded *folded)
{
	if (skip_spaces(&folded->rest))
		return folded->rest.len > 0 ? ' ' : END;
	return folded->rest.len > 0 ? fold_case(utf8_take(&folded->rest)) : END;
}

static bool values_match(const char *left, const char *right)
{
	struct folded a = fold(left), b = fold(right);

	for (;;) {
		uint32_t next = folded_next(&a);

		if (next != folded_next(&b))
			return false;
		if (next == END)
			return true;
	}
}

/* The matching rule of an attribute that nobody here knows is not known either: its value is
 * compared as it is. */
static bool entries_match(const struct name_entry *a, const struct name_entry *b)
{
	if (!bytes_equal(a->type, b->type))
		return false;
	if (strcmp(a->value, b->value) == 0)
		return true;
	return a->attribute != NAME_UNKNOWN && values_match(a->value, b->value);
}

/* An RDN is a set: each entry on the left needs one of its own on the right. */
static bool rdns_match(const struct name_entry *a, const struct name_entry *b, size_t count)
{
	bool taken[NAME_ATTRIBUTES_MAX] = { false };

	for (size_t i = 0; i < count; i++) {
		size_t j = 0;

		while (j < count && (taken[j] || !entries_match(&a[i], &b[j])))
			j++;
		if (j == count)
			return false;
		taken[j] = true;
	}
	return true;
}

bool name_equal(const struct name *a, const struct name *b)
{
	if (a->count != b->count)
		return false;
	for (size_t first = 0; first < a->count;) {
		size_t end = name_rdn_end(a, first);

		if (name_rdn_end(b, first) != end ||
		    !rdns_match(&a->entries[first], &b->entries[first], end - first))
			return false;
		first = end;
	}
	return true;
}
