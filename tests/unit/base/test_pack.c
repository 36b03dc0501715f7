#include <stdlib.h>
#include <string.h>

#include "base/pack.h"
#include "test.h"

static struct unpacker open_bytes(const struct buffer *buffer)
{
	return (struct unpacker){ .rest = buffer_view(buffer) };
}

TEST(reading_over_the_end_fails_and_yields_zeros)
{
	struct unpacker from = { .rest = BYTES_LITERAL("\x01\x02\x03") };

	assert_int_equal(unpack_u32(&from), 0);
	assert_true(from.failed);
	assert_int_equal(unpack_u8(&from), 0);
	assert_false(unpack_finished(&from));
}

TEST(a_length_beyond_the_message_fails)
{
	struct unpacker from = { .rest = BYTES_LITERAL("\xff\xff\xff\xff"
						       "abc") };

	assert_int_equal(unpack_bytes(&from).len, 0);
	assert_true(from.failed);
}

TEST(a_count_that_cannot_fit_fails)
{
	struct unpacker from = { .rest = BYTES_LITERAL("\x00\x00\x00\x03"
						       "abcde") };

	assert_int_equal(unpack_count(&from, 2), 0);
	assert_true(from.failed);
}

TEST(a_boolean_is_0_or_1)
{
	struct unpacker from = { .rest = BYTES_LITERAL("\x02") };

	assert_false(unpack_bool(&from));
	assert_true(from.failed);
}

TEST(a_string_with_an_inner_nul_or_an_odd_presence_fails)
{
	struct unpacker nul = { .rest = BYTES_LITERAL("\x01\x00\x00\x00\x03"
						      "a\0b") };
	struct unpacker odd = { .rest = BYTES_LITERAL("\x02\x00\x00\x00\x01"
						      "a") };
	char *text = (char *)1;

	unpack_string(&nul, &text);
	assert_true(nul.failed);
	assert_null(text);
	unpack_string(&odd, &text);
	assert_true(odd.failed);
	assert_null(text);
}

TEST(what_is_left_over_is_not_finished)
{
	struct unpacker from = { .rest = BYTES_LITERAL("\x01\x02") };

	unpack_u8(&from);
	assert_false(from.failed);
	assert_false(unpack_finished(&from));
}

TEST(what_was_packed_unpacks)
{
	CLEANUP(buffer_done) struct buffer to = { 0 };
	CLEANUP(freep) char *text = NULL;
	char *absent = NULL;

	pack_u8(&to, 200);
	pack_u32(&to, 0xdeadbeef);
	pack_u64(&to, UINT64_MAX - 1);
	pack_bool(&to, true);
	pack_bytes(&to, BYTES_LITERAL("a\0b"));
	pack_string(&to, "text");
	pack_string(&to, NULL);
	struct unpacker from = open_bytes(&to);
	assert_int_equal(unpack_u8(&from), 200);
	assert_int_equal(unpack_u32(&from), 0xdeadbeef);
	assert_true(unpack_u64(&from) == UINT64_MAX - 1);
	assert_true(unpack_bool(&from));
	assert_true(bytes_equal(unpack_bytes(&from), BYTES_LITERAL("a\0b")));
	unpack_string(&from, &text);
	unpack_string(&from, &absent);
	assert_string_equal(text, "text");
	assert_null(absent);
	assert_true(unpack_finished(&from));
}

TEST_MAIN(RUN(reading_over_the_end_fails_and_yields_zeros), RUN(a_length_beyond_the_message_fails),
	  RUN(a_count_that_cannot_fit_fails), RUN(a_boolean_is_0_or_1),
	  RUN(a_string_with_an_inner_nul_or_an_odd_presence_fails),
	  RUN(what_is_left_over_is_not_finished), RUN(what_was_packed_unpacks))
