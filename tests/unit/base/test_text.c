/* Hex, durations and UTF-8: the small text forms. */
#include <string.h>

#include "base/duration.h"
#include "base/hex.h"
#include "base/utf8.h"
#include "test.h"

TEST(hex_refuses_odd_and_foreign_digits_and_overflow)
{
	unsigned char bytes[4];
	size_t len = 99;

	assert_false(hex_decode("0", bytes, sizeof bytes, &len));
	assert_false(hex_decode("0g", bytes, sizeof bytes, &len));
	assert_false(hex_decode("0:1", bytes, sizeof bytes, &len));
	assert_false(hex_decode("00 11", bytes, sizeof bytes, &len));
	assert_false(hex_decode("0001020304", bytes, sizeof bytes, &len));
	assert_int_equal(len, 99);
}

TEST(hex_takes_both_cases_and_colons)
{
	unsigned char bytes[4];
	size_t len;
	char text[9];

	assert_true(hex_decode("DE:ad:BE:ef", bytes, sizeof bytes, &len));
	assert_int_equal(len, 4);
	assert_string_equal(hex_encode((struct bytes){ bytes, len }, text), "deadbeef");
	assert_true(hex_decode("", bytes, sizeof bytes, &len));
	assert_int_equal(len, 0);
}

TEST(durations_refuse_what_is_not_one)
{
	static const char *const texts[] = {
		"",     "d",         "-1d", "+1d",  "1.5d",    " 1d",  "1d ",
		"1 d",  "1D",        "1dd", "1h1m", "forever", "101y", "9999999999999999999999s",
		"0x10", "3162240001"
	};
	int64_t seconds;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		assert_false(duration_from_text(texts[i], &seconds));
}

TEST(durations_are_written_in_the_largest_exact_unit)
{
	static const struct {
		const char *read;
		int64_t seconds;
		const char *written;
	} rows[] = {
		{ "365d", 31536000, "365d" }, { "1y", 31536000, "365d" }, { "2w", 1209600, "14d" },
		{ "12h", 43200, "12h" },      { "24h", 86400, "1d" },     { "90m", 5400, "90m" },
		{ "61s", 61, "61s" },         { "0", 0, "0s" },           { "0d", 0, "0s" },
		{ "3600", 3600, "1h" },       { "007d", 604800, "7d" },
	};
	char text[DURATION_TEXT_MAX];
	int64_t seconds;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_true(duration_from_text(rows[i].read, &seconds));
		assert_int_equal(seconds, rows[i].seconds);
		assert_string_equal(duration_to_text(seconds, text), rows[i].written);
	}
}

static uint32_t first(const char *text, size_t len)
{
	struct bytes view = { (const unsigned char *)text, len };
	uint32_t code_point = utf8_take(&view);

	assert_int_equal(view.data - (const unsigned char *)text, len - view.len);
	return code_point;
}

TEST(utf8_refuses_overlong_surrogate_cut_and_stray_bytes)
{
	assert_int_equal(first("\xc0\x80", 2), UTF8_INVALID);
	assert_int_equal(first("\xc1\xbf", 2), UTF8_INVALID);
	assert_int_equal(first("\xe0\x9f\xbf", 3), UTF8_INVALID);
	assert_int_equal(first("\xf0\x8f\xbf\xbf", 4), UTF8_INVALID);
	assert_int_equal(first("\xed\xa0\x80", 3), UTF8_INVALID);
	assert_int_equal(first("\xf4\x90\x80\x80", 4), UTF8_INVALID);
	assert_int_equal(first("\xf8\x88\x80\x80\x80", 5), UTF8_INVALID);
	assert_int_equal(first("\x80", 1), UTF8_INVALID);
	assert_int_equal(first("\xe2\x82", 2), UTF8_INVALID);
	assert_int_equal(first("\xe2\x28\xa1", 3), UTF8_INVALID);
}

TEST(utf8_reads_each_length)
{
	assert_int_equal(first("A", 1), 'A');
	assert_int_equal(first("\xc3\xb6", 2), 0xf6);
	assert_int_equal(first("\xe2\x82\xac", 3), 0x20ac);
	assert_int_equal(first("\xf0\x9f\x94\x91", 4), 0x1f511);
	assert_int_equal(first("\xf4\x8f\xbf\xbf", 4), 0x10ffff);
	assert_true(utf8_is_unprintable(0x202e) && utf8_is_unprintable(0x9b));
	assert_false(utf8_is_unprintable(0xf6) || utf8_is_unprintable(' '));
}

TEST(utf8_cleaning_replaces_what_may_not_be_shown)
{
	char text[] = "a\n\xff"
		      "b\xe2\x80\xae\xc3\xb6\xe2\x82";

	utf8_clean(text);
	assert_string_equal(text, "a??b?\xc3\xb6??");
}

TEST_MAIN(RUN(hex_refuses_odd_and_foreign_digits_and_overflow),
	  RUN(hex_takes_both_cases_and_colons), RUN(durations_refuse_what_is_not_one),
	  RUN(durations_are_written_in_the_largest_exact_unit),
	  RUN(utf8_refuses_overlong_surrogate_cut_and_stray_bytes), RUN(utf8_reads_each_length),
	  RUN(utf8_cleaning_replaces_what_may_not_be_shown))
