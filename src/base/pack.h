/* The one binary form between our processes: big-endian numbers and length-prefixed bytes, read
 * with every bound checked. A reader that runs over the end sticks to `failed` and yields zeros, so
 * callers check once. */
#pragma once

#include "base/bytes.h"

void pack_u8(struct buffer *to, uint8_t value);
void pack_u32(struct buffer *to, uint32_t value);
void pack_u64(struct buffer *to, uint64_t value);
void pack_bool(struct buffer *to, bool value);
void pack_bytes(struct buffer *to, struct bytes view); /* u32 length, bytes */
void pack_string(struct buffer *to, const char *text); /* NULL and "" differ */

struct unpacker {
	struct bytes rest;
	bool failed;
};

uint8_t unpack_u8(struct unpacker *from);
uint32_t unpack_u32(struct unpacker *from);
uint64_t unpack_u64(struct unpacker *from);
bool unpack_bool(struct unpacker *from);          /* a value other than 0 and 1 fails */
struct bytes unpack_bytes(struct unpacker *from); /* borrowed from the message */
/* A heap copy; *ret is NULL for a packed NULL. A string with an inner NUL fails. */
void unpack_string(struct unpacker *from, char **ret);
/* How many items follow, refused when even the smallest encoding of them would not fit what is
 * left. */
uint32_t unpack_count(struct unpacker *from, size_t smallest_item);
/* True when nothing failed and nothing is left over. */
bool unpack_finished(const struct unpacker *from);
