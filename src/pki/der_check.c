/* Whether bytes of an unknown meaning are DER at all. */
#include "pki/der.h"

#include "base/utf8.h"
#include "pki/der_time.h"

#define DEPTH_MAX 16
#define CONSTRUCTED 0x20
#define SIGN_BIT 0x80

static bool is_boolean(struct bytes contents)
{
	return contents.len == 1 && (contents.data[0] == 0x00 || contents.data[0] == 0xff);
}

/* X.690 8.3.2: the first nine bits are neither all zero nor all one. */
static bool is_integer(struct bytes contents)
{
	if (contents.len < 2)
		return contents.len == 1;
	return !(contents.data[0] == 0x00 && !(contents.data[1] & SIGN_BIT)) &&
	       !(contents.data[0] == 0xff && contents.data[1] & SIGN_BIT);
}

/* X.690 11.2.1: unused bits are zero. */
static bool is_bit_string(struct bytes contents)
{
	if (contents.len == 0 || contents.data[0] > 7)
		return false;

	unsigned int unused = contents.data[0];
	if (contents.len == 1)
		return unused == 0;
	return (contents.data[contents.len - 1] & ((1U << unused) - 1)) == 0;
}

static bool is_null(struct bytes contents)
{
	return contents.len == 0;
}

static bool is_utf8(struct bytes contents)
{
	while (contents.len > 0)
		if (utf8_take(&contents) == UTF8_INVALID)
			return false;
	return true;
}

static bool is_utc_time(struct bytes contents)
{
	int64_t seconds;

	return der_time_parse(contents, DER_UTC_TIME, &seconds);
}

static const struct {
	unsigned int tag;
	bool (*holds)(struct bytes contents);
} primitives[] = {
	{ DER_BOOLEAN, is_boolean },    { DER_INTEGER, is_integer },
	{ DER_ENUMERATED, is_integer }, { DER_BIT_STRING, is_bit_string },
	{ DER_NULL, is_null },          { DER_OID, oid_is_sound },
	{ DER_UTF8_STRING, is_utf8 },   { DER_UTC_TIME, is_utc_time },
};

static bool primitive_is_sound(unsigned int tag, struct bytes contents)
{
	for (size_t i = 0; i < ARRAY_LEN(primitives); i++)
		if (primitives[i].tag == tag)
			return primitives[i].holds(contents);
	return tag != (DER_SEQUENCE & ~CONSTRUCTED) && tag != (DER_SET & ~CONSTRUCTED);
}

/* X.690 10.2: no string is constructed, so that of the universal types only SEQUENCE and SET are.
 */
static bool may_be_constructed(unsigned int tag)
{
	return tag >= DER_CONTEXT_PRIMITIVE_0 || tag == DER_SEQUENCE || tag == DER_SET;
}

bool der_is_one_element(struct bytes bytes)
{
	struct der levels[DEPTH_MAX] = { der_open(bytes) };
	size_t depth = 1, count = 0;

	while (depth > 0) {
		struct der *level = &levels[depth - 1];
		unsigned int tag;

		if (level->rest.len == 0) {
			depth--;
			continue;
		}
		if (depth == 1 && count++ > 0)
			return false;
		struct bytes contents = der_read_any(level, &tag);
		if (level->failed)
			return false;
		if (!(tag & CONSTRUCTED)) {
			if (!primitive_is_sound(tag, contents))
				return false;
			continue;
		}
		if (!may_be_constructed(tag) || depth == DEPTH_MAX)
			return false;
		levels[depth++] = der_open(contents);
	}
	return count == 1;
}
