#include "base/pack.h"

#include <string.h>

#define STRING_ABSENT 0
#define STRING_PRESENT 1

static void pack_number(struct buffer *to, uint64_t value, size_t width)
{
	for (size_t i = width; i > 0; i--)
		buffer_append_byte(to, (unsigned char)(value >> (8 * (i - 1))));
}

void pack_u8(struct buffer *to, uint8_t value)
{
	buffer_append_byte(to, value);
}

void pack_u32(struct buffer *to, uint32_t value)
{
	pack_number(to, value, sizeof value);
}

void pack_u64(struct buffer *to, uint64_t value)
{
	pack_number(to, value, sizeof value);
}

void pack_bool(struct buffer *to, bool value)
{
	pack_u8(to, value ? 1 : 0);
}

void pack_bytes(struct buffer *to, struct bytes view)
{
	if (view.len > UINT32_MAX) {
		to->failed = true;
		return;
	}
	pack_u32(to, (uint32_t)view.len);
	buffer_append(to, view);
}

void pack_string(struct buffer *to, const char *text)
{
	pack_u8(to, text ? STRING_PRESENT : STRING_ABSENT);
	if (text)
		pack_bytes(to, bytes_of_string(text));
}

static struct bytes take(struct unpacker *from, size_t len)
{
	if (from->failed || len > from->rest.len) {
		from->failed = true;
		return (struct bytes){ 0 };
	}
	struct bytes taken = { from->rest.data, len };
	from->rest.data += len;
	from->rest.len -= len;
	return taken;
}

static uint64_t unpack_number(struct unpacker *from, size_t width)
{
	struct bytes view = take(from, width);
	uint64_t value = 0;

	for (size_t i = 0; i < view.len; i++)
		value = value << 8 | view.data[i];
	return value;
}

uint8_t unpack_u8(struct unpacker *from)
{
	return (uint8_t)unpack_number(from, 1);
}

uint32_t unpack_u32(struct unpacker *from)
{
	return (uint32_t)unpack_number(from, 4);
}

uint64_t unpack_u64(struct unpacker *from)
{
	return unpack_number(from, 8);
}

bool unpack_bool(struct unpacker *from)
{
	uint8_t value = unpack_u8(from);

	if (value > 1)
		from->failed = true;
	return value == 1;
}

struct bytes unpack_bytes(struct unpacker *from)
{
	return take(from, unpack_u32(from));
}

void unpack_string(struct unpacker *from, char **ret)
{
	uint8_t presence = unpack_u8(from);

	if (presence == STRING_ABSENT && !from->failed) {
		*ret = NULL;
		return;
	}
	struct bytes text = unpack_bytes(from);
	if (presence != STRING_PRESENT || (text.len && memchr(text.data, '\0', text.len)))
		from->failed = true;
	*ret = from->failed ? NULL : bytes_to_string(text);
	if (!*ret)
		from->failed = true;
}

uint32_t unpack_count(struct unpacker *from, size_t smallest_item)
{
	uint32_t count = unpack_u32(from);

	if (count > from->rest.len / (smallest_item ? smallest_item : 1)) {
		from->failed = true;
		return 0;
	}
	return count;
}

bool unpack_finished(const struct unpacker *from)
{
	return !from->failed && from->rest.len == 0;
}
