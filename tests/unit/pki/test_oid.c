#include "test.h"

#include "hex.h"
#include "pki/der.h"

static void expect_pair(const char *text, const char *hex)
{
	CLEANUP(buffer_done) struct buffer contents = { 0 };
	CLEANUP(buffer_done) struct buffer want = { 0 };
	CLEANUP(buffer_done) struct buffer back = { 0 };

	assert_true(oid_from_text(text, &contents));
	assert_true(bytes_equal(buffer_view(&contents), hex_into(&want, hex)));
	assert_true(oid_to_text(buffer_view(&contents), &back));
	assert_string_equal(buffer_cstring(&back), text);
}

TEST(oids_go_there_and_back)
{
	expect_pair("1.2.840.113549", "2a864886f70d");
	expect_pair("2.5.4.3", "550403");
	expect_pair("0.0", "00");
	expect_pair("1.39", "4f");
	expect_pair("2.0", "50");
	expect_pair("2.999", "8837");
	expect_pair("0.9.2342.19200300.100.1.25", "0992268993f22c640119");
}

TEST(an_arc_takes_a_uuid)
{
	expect_pair("2.25.340282366920938463463374607431768211455",
		    "69 83ffffffffffffffffffffffffffffffffff7f");
	expect_pair("2.25.329800735698586629295641978511506172918",
		    "69 83f09da7ebcfdee0c7a1a7b2c0948cc8f9d776");
}

TEST(texts_that_are_no_oid_are_refused)
{
	static const char *const refused[] = {
		"",
		"1",
		"1.",
		".1",
		"3.1",
		"1.40",
		"1.2.",
		"1..2",
		"1.2.03",
		"1.02",
		"01.2",
		"1.2.a",
		"1.2 ",
		" 1.2",
		"-1.2",
		"1.2.-3",
		"1.2.3.",
		"2.25.340282366920938463463374607431768211456",
		"2.340282366920938463463374607431768211455",
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		CLEANUP(buffer_done) struct buffer contents = { 0 };

		if (oid_from_text(refused[i], &contents) || contents.len > 0)
			fail_msg("taken: %s", refused[i]);
	}
}

TEST(contents_that_are_no_oid_are_refused)
{
	static const char *const refused[] = {
		"", "80", "8001", "2a80", "2a8001", "2a86", "84808080808080808080808080808080808000"
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		CLEANUP(buffer_done) struct buffer contents = { 0 };
		CLEANUP(buffer_done) struct buffer text = { 0 };

		if (oid_to_text(hex_into(&contents, refused[i]), &text) || text.len > 0)
			fail_msg("taken: %s", refused[i]);
	}
}

TEST(cs_26_an_oid_of_60_kb_is_refused)
{
	CLEANUP(buffer_done) struct buffer contents = { 0 };
	CLEANUP(buffer_done) struct buffer text = { 0 };

	memset(buffer_reserve(&contents, 60000), 0x2a, 60000);
	assert_false(oid_to_text(buffer_view(&contents), &text));
	buffer_append_text(&text, "1.2");
	for (size_t i = 0; i < 200; i++)
		buffer_append_text(&text, ".3");
	buffer_clear(&contents);
	assert_false(oid_from_text(buffer_cstring(&text), &contents));
}

TEST_MAIN(RUN(oids_go_there_and_back), RUN(an_arc_takes_a_uuid),
	  RUN(texts_that_are_no_oid_are_refused), RUN(contents_that_are_no_oid_are_refused),
	  RUN(cs_26_an_oid_of_60_kb_is_refused))
