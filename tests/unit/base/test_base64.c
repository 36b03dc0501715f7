#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "test.h"

static void refuse(const char *text)
{
	CLEANUP(buffer_done) struct buffer out = { 0 };
	struct error err;

	buffer_append_text(&out, "kept");
	EXPECT_REFUSED(base64_decode(bytes_of_string(text), &out, &err), err,
		       REASON_CSR_BAD_ENCODING);
	assert_int_equal(out.len, 4);
}

static void accept(const char *text, const char *expected)
{
	CLEANUP(buffer_done) struct buffer out = { 0 };
	struct error err = { 0 };

	EXPECT_OK(base64_decode(bytes_of_string(text), &out, &err), err);
	assert_string_equal(buffer_cstring(&out), expected);
}

TEST(b6_02_missing_padding_is_refused)
{
	refuse("Zg");
	refuse("Zm8");
	refuse("Zg=");
	refuse("Zm9vZg=");
}

TEST(b6_02_surplus_and_inner_padding_is_refused)
{
	refuse("=");
	refuse("====");
	refuse("Z===");
	refuse("Zg===");
	refuse("Zm8==");
	refuse("Zm9v=");
	refuse("Zm9v====");
	refuse("Zg==Zg==");
	refuse("Zm=v");
}

TEST(b6_02_one_leftover_character_is_refused)
{
	refuse("Z");
	refuse("Zm9vZ");
}

TEST(b6_02_leftover_bits_that_are_not_zero_are_refused)
{
	refuse("Zh==");
	refuse("Zm9=");
	refuse("Zm9vZh==");
}

TEST(b6_03_what_is_outside_the_alphabet_is_refused)
{
	struct error err;
	CLEANUP(buffer_done) struct buffer out = { 0 };

	refuse("Zm9-");
	refuse("Zm9_");
	refuse("Zm9\x80");
	refuse("Zm9\xff");
	refuse("-----BEGIN CERTIFICATE REQUEST-----");
	refuse("Zm9v\vZm9v");
	EXPECT_REFUSED(base64_decode(BYTES_LITERAL("Zm9v\0Zm9"), &out, &err), err,
		       REASON_CSR_BAD_ENCODING);
	assert_non_null(strstr(err.detail, "offset 4"));
}

TEST(b6_05_nothing_and_white_space_only_are_refused)
{
	refuse("");
	refuse(" \r\n\t");
}

TEST(b6_05_much_white_space_is_refused)
{
	enum { LEN = 1 << 24 };
	CLEANUP(freep) char *text = malloc(LEN + 1);

	assert_non_null(text);
	memset(text, '\n', LEN);
	text[LEN] = '\0';
	refuse(text);
}

TEST(b6_01_white_space_may_stand_anywhere)
{
	accept("Zm9vYmFy", "foobar");
	accept("Z\nm\n9\nv\nY\nm\nF\ny\n", "foobar");
	accept(" Zm9v\r\nYmFy\r\n", "foobar");
	accept("Zm9\tvYg = \n=", "foob");
	accept("Zm9vYmE=\n", "fooba");
}

static void expect_encoded(struct bytes bytes, size_t line_length, const char *expected)
{
	CLEANUP(buffer_done) struct buffer out = { 0 };

	buffer_append_text(&out, ">");
	base64_encode(bytes, line_length, &out);
	assert_string_equal(buffer_cstring(&out) + 1, expected);
}

TEST(rfc_4648_section_10_vectors)
{
	expect_encoded(BYTES_LITERAL(""), 0, "");
	expect_encoded(BYTES_LITERAL(""), 64, "");
	expect_encoded(BYTES_LITERAL("f"), 0, "Zg==\n");
	expect_encoded(BYTES_LITERAL("fo"), 0, "Zm8=\n");
	expect_encoded(BYTES_LITERAL("foo"), 0, "Zm9v\n");
	expect_encoded(BYTES_LITERAL("foobar"), 0, "Zm9vYmFy\n");
	expect_encoded(BYTES_LITERAL("\xfb\xff\xbf"), 0, "+/+/\n");
}

TEST(lines_are_broken_at_their_length_and_the_last_one_ends_too)
{
	expect_encoded(BYTES_LITERAL("foobar"), 8, "Zm9vYmFy\n");
	expect_encoded(BYTES_LITERAL("foobar"), 4, "Zm9v\nYmFy\n");
	expect_encoded(BYTES_LITERAL("fooba"), 7, "Zm9vYmE\n=\n");
	expect_encoded(BYTES_LITERAL("foo"), 1, "Z\nm\n9\nv\n");
}

TEST(what_was_encoded_decodes_to_itself)
{
	unsigned char bytes[300];
	static const size_t lengths[] = { 0, 1, 3, 64, 76 };

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 151 + 7);
	for (size_t len = 1; len <= sizeof bytes; len++) {
		for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
			CLEANUP(buffer_done) struct buffer text = { 0 }, back = { 0 };
			struct error err = { 0 };
			base64_encode((struct bytes){ bytes, len }, lengths[i], &text);
			EXPECT_OK(base64_decode(buffer_view(&text), &back, &err), err);
			assert_int_equal(back.len, len);
			assert_memory_equal(back.data, bytes, len);
		}
	}
}

TEST_MAIN(RUN(b6_02_missing_padding_is_refused), RUN(b6_02_surplus_and_inner_padding_is_refused),
	  RUN(b6_02_one_leftover_character_is_refused),
	  RUN(b6_02_leftover_bits_that_are_not_zero_are_refused),
	  RUN(b6_03_what_is_outside_the_alphabet_is_refused),
	  RUN(b6_05_nothing_and_white_space_only_are_refused),
	  RUN(b6_05_much_white_space_is_refused), RUN(b6_01_white_space_may_stand_anywhere),
	  RUN(rfc_4648_section_10_vectors),
	  RUN(lines_are_broken_at_their_length_and_the_last_one_ends_too),
	  RUN(what_was_encoded_decodes_to_itself))
