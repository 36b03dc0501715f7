#include "test.h"

#include <openssl/asn1.h>

#include "hex.h"
#include "pki/der.h"
#include "pki/der_time.h"

/* -- reading -- */

static bool reads(const char *hex)
{
	CLEANUP(buffer_done) struct buffer bytes = { 0 };
	struct der der = der_open(hex_into(&bytes, hex));

	der_read_any(&der, NULL);
	return der_at_end(&der);
}

TEST(cs_03_indefinite_and_surplus_lengths_are_refused)
{
	static const char *const refused[] = {
		"",
		"30",
		"30 80 00 00",                   /* indefinite */
		"04 81 05 0102030405",           /* long form for a short length */
		"04 82 00 80",                   /* leading zero */
		"04 84 80 00 00 00",             /* 2^31 and nothing there */
		"04 84 ff ff ff ff",             /* 2^32 - 1 */
		"04 85 01 00 00 00 00",          /* 2^32 */
		"04 88 80 00 00 00 00 00 00 00", /* 2^63 */
		"04 ff",
		"04 02 01",    /* one short */
		"1f 81 01 00", /* a tag of several bytes */
		"bf 01 00",
		"00 00", /* end-of-contents */
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (reads(refused[i]))
			fail_msg("taken: %s", refused[i]);
	assert_true(reads("04 00"));
	assert_true(reads("30 03 0101ff"));
}

TEST(cs_03_bytes_behind_an_element_are_seen)
{
	struct der der = der_open(BYTES_LITERAL("\x05\x00\x05"));

	der_read(&der, DER_NULL);
	assert_false(der.failed);
	assert_false(der_at_end(&der));
}

TEST(long_lengths_are_read_where_they_are_needed)
{
	CLEANUP(buffer_done) struct buffer bytes = { 0 };
	unsigned char *room = NULL;

	hex_into(&bytes, "04 82 0100");
	room = buffer_reserve(&bytes, 256);
	memset(room, 0x5a, 256);
	struct der der = der_open(buffer_view(&bytes));
	assert_int_equal(der_read(&der, DER_OCTET_STRING).len, 256);
	assert_true(der_at_end(&der));
}

TEST(a_failure_sticks)
{
	struct der der = der_open(BYTES_LITERAL("\x02\x01\x05\x05\x00"));

	assert_int_equal(der_read(&der, DER_NULL).len, 0);
	assert_true(der.failed);
	assert_int_equal(der.rest.len, 0);
	assert_int_equal(der_read_small(&der), 0);
	struct der inner = der_enter(&der, DER_SEQUENCE);
	assert_true(inner.failed);
	assert_false(der_at_end(&inner));
	assert_false(der_next_is(&der, DER_NULL));
}

TEST(whole_elements_come_with_their_head)
{
	struct der der = der_open(BYTES_LITERAL("\x30\x02\x05\x00\x02\x01\x07"));

	assert_int_equal(der_read_whole(&der, DER_SEQUENCE).len, 4);
	assert_int_equal(der_read_small(&der), 7);
	assert_true(der_at_end(&der));
}

static bool reads_small(const char *hex, uint32_t *ret)
{
	CLEANUP(buffer_done) struct buffer bytes = { 0 };
	struct der der = der_open(hex_into(&bytes, hex));

	*ret = der_read_small(&der);
	return der_at_end(&der);
}

TEST(small_integers_are_minimal_and_not_negative)
{
	static const char *const refused[] = {
		"02 00",       "02 01 80",          "02 01 ff",         "02 02 00 7f",
		"02 02 00 00", "02 05 00 80000000", "02 05 0100000000", "02 04 80000000"
	};
	uint32_t value;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (reads_small(refused[i], &value))
			fail_msg("taken: %s", refused[i]);
	assert_true(reads_small("02 01 00", &value) && value == 0);
	assert_true(reads_small("02 02 00 80", &value) && value == 128);
	assert_true(reads_small("02 04 7fffffff", &value) && value == 0x7fffffff);
}

TEST(booleans_are_all_zero_or_all_one)
{
	struct der odd = der_open(BYTES_LITERAL("\x01\x01\x01"));
	struct der empty = der_open(BYTES_LITERAL("\x01\x00"));
	struct der both = der_open(BYTES_LITERAL("\x01\x01\xff\x01\x01\x00"));

	assert_false(der_read_boolean(&odd));
	assert_true(odd.failed);
	assert_false(der_read_boolean(&empty));
	assert_true(empty.failed);
	assert_true(der_read_boolean(&both));
	assert_false(der_read_boolean(&both));
	assert_true(der_at_end(&both));
}

TEST(cs_06_bit_strings_of_octets_have_no_unused_bits)
{
	struct der unused = der_open(BYTES_LITERAL("\x03\x02\x03\xf8"));
	struct der none = der_open(BYTES_LITERAL("\x03\x00"));
	struct der whole = der_open(BYTES_LITERAL("\x03\x02\x00\xf8"));

	assert_int_equal(der_read_octet_bits(&unused).len, 0);
	assert_true(unused.failed);
	der_read_octet_bits(&none);
	assert_true(none.failed);
	assert_int_equal(der_read_octet_bits(&whole).data[0], 0xf8);
	assert_true(der_at_end(&whole));
}

/* -- time -- */

static bool reads_time(unsigned int tag, const char *text, int64_t *ret)
{
	CLEANUP(buffer_done) struct buffer bytes = { 0 };

	der_write(&bytes, tag, bytes_of_string(text));
	struct der der = der_open(buffer_view(&bytes));
	*ret = der_read_time(&der);
	return der_at_end(&der);
}

TEST(only_rfc_5280s_forms_of_time_are_read)
{
	static const struct {
		unsigned int tag;
		const char *text;
	} refused[] = {
		{ DER_UTC_TIME, "2611231745Z" }, /* no seconds */
		{ DER_UTC_TIME, "261123174500+0000" },
		{ DER_UTC_TIME, "261123174500" },
		{ DER_UTC_TIME, "20261123174500Z" },
		{ DER_UTC_TIME, "261323174500Z" },
		{ DER_UTC_TIME, "260023174500Z" },
		{ DER_UTC_TIME, "260229174500Z" }, /* 2026 is no leap year */
		{ DER_UTC_TIME, "261131174500Z" },
		{ DER_UTC_TIME, "261100174500Z" },
		{ DER_UTC_TIME, "261123244500Z" },
		{ DER_UTC_TIME, "261123176000Z" },
		{ DER_UTC_TIME, "261123174560Z" },
		{ DER_UTC_TIME, "26112317450 Z" },
		{ DER_GENERALIZED_TIME, "20261123174500.5Z" },
		{ DER_GENERALIZED_TIME, "261123174500Z" },
		{ DER_GENERALIZED_TIME, "21000229000000Z" }, /* nor is 2100 */
		{ DER_UTF8_STRING, "261123174500Z" },
	};
	int64_t seconds;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (reads_time(refused[i].tag, refused[i].text, &seconds))
			fail_msg("taken: %s", refused[i].text);
	assert_true(reads_time(DER_UTC_TIME, "240229235959Z", &seconds));
	assert_int_equal(seconds, 1709251199);
	assert_true(reads_time(DER_UTC_TIME, "500101000000Z", &seconds));
	assert_int_equal(seconds, -631152000);
	assert_true(reads_time(DER_UTC_TIME, "491231235959Z", &seconds));
	assert_int_equal(seconds, 2524607999);
	assert_true(reads_time(DER_GENERALIZED_TIME, "99991231235959Z", &seconds));
	assert_int_equal(seconds, 253402300799);
	assert_true(reads_time(DER_GENERALIZED_TIME, "20000229000000Z", &seconds));
	assert_int_equal(seconds, 951782400);
}

TEST(time_is_written_as_openssl_writes_it)
{
	static const int64_t times[] = { 0,          951782400,  1700000000,  2524607999,
					 2524608000, 4102444800, 253402300799 };

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		CLEANUP(buffer_done) struct buffer ours = { 0 };
		unsigned char *theirs = NULL;
		ASN1_TIME *time = ASN1_TIME_set(NULL, times[i]);
		int len = i2d_ASN1_TIME(time, &theirs);

		der_write_time(&ours, times[i]);
		assert_true(buffer_ok(&ours));
		assert_int_equal(ours.len, len);
		assert_memory_equal(ours.data, theirs, ours.len);
		struct der der = der_open(buffer_view(&ours));
		assert_true(der_read_time(&der) == times[i]);
		assert_true(der_at_end(&der));
		OPENSSL_free(theirs);
		ASN1_TIME_free(time);
	}
}

TEST(years_beyond_9999_cannot_be_written)
{
	CLEANUP(buffer_done) struct buffer beyond = { 0 };

	der_write_time(&beyond, 253402300800);
	assert_false(buffer_ok(&beyond));
}

/* -- writing -- */

TEST(lengths_are_written_as_they_are_read)
{
	static const size_t lengths[] = { 0, 1, 127, 128, 255, 256, 65535, 65536, 100000 };

	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		CLEANUP(buffer_done) struct buffer contents = { 0 };
		CLEANUP(buffer_done) struct buffer direct = { 0 };
		CLEANUP(buffer_done) struct buffer mended = { 0 };

		if (lengths[i])
			memset(buffer_reserve(&contents, lengths[i]), 0x33, lengths[i]);
		der_write(&direct, DER_SEQUENCE, buffer_view(&contents));
		buffer_append_text(&mended, "before");
		size_t begun = der_begin(&mended, DER_SEQUENCE);
		buffer_append(&mended, buffer_view(&contents));
		der_end(&mended, begun);
		buffer_consume(&mended, strlen("before"));

		assert_true(bytes_equal(buffer_view(&direct), buffer_view(&mended)));
		struct der der = der_open(buffer_view(&direct));
		assert_int_equal(der_read(&der, DER_SEQUENCE).len, lengths[i]);
		assert_true(der_at_end(&der));
	}
}

static void expect_unsigned(const char *magnitude, const char *wanted)
{
	CLEANUP(buffer_done) struct buffer from = { 0 };
	CLEANUP(buffer_done) struct buffer to = { 0 };
	CLEANUP(buffer_done) struct buffer want = { 0 };

	der_write_unsigned(&to, hex_into(&from, magnitude));
	assert_true(bytes_equal(buffer_view(&to), hex_into(&want, wanted)));
}

TEST(integers_are_minimal_and_positive)
{
	expect_unsigned("", "02 01 00");
	expect_unsigned("0000", "02 01 00");
	expect_unsigned("007f", "02 01 7f");
	expect_unsigned("80", "02 02 0080");
	expect_unsigned("0000ff01", "02 03 00ff01");
}

TEST(a_set_is_sorted_by_encodings)
{
	CLEANUP(buffer_done) struct buffer to = { 0 };
	struct bytes elements[] = { BYTES_LITERAL("\x04\x02\x01\x01"),
				    BYTES_LITERAL("\x04\x01\x09"), BYTES_LITERAL("\x02\x01\x05"),
				    BYTES_LITERAL("\x04\x02\x01\x00") };

	der_write_set_of(&to, DER_SET, elements, ARRAY_LEN(elements));
	assert_int_equal(to.len, 16);
	assert_memory_equal(to.data,
			    "\x31\x0e\x02\x01\x05\x04\x01\x09\x04\x02\x01\x00\x04\x02\x01\x01", 16);
}

TEST_MAIN(RUN(cs_03_indefinite_and_surplus_lengths_are_refused),
	  RUN(cs_03_bytes_behind_an_element_are_seen),
	  RUN(long_lengths_are_read_where_they_are_needed), RUN(a_failure_sticks),
	  RUN(whole_elements_come_with_their_head),
	  RUN(small_integers_are_minimal_and_not_negative), RUN(booleans_are_all_zero_or_all_one),
	  RUN(cs_06_bit_strings_of_octets_have_no_unused_bits),
	  RUN(only_rfc_5280s_forms_of_time_are_read), RUN(time_is_written_as_openssl_writes_it),
	  RUN(years_beyond_9999_cannot_be_written), RUN(lengths_are_written_as_they_are_read),
	  RUN(integers_are_minimal_and_positive), RUN(a_set_is_sorted_by_encodings))
