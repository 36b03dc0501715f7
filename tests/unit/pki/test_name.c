#include "test.h"

#include <openssl/x509.h>

#include "hex.h"
#include "pki/der.h"
#include "pki/name.h"

#define CN "550403"
#define SERIAL_NUMBER "550405"
#define COUNTRY "550406"
#define ORGANIZATION "55040a"
#define EMAIL "2a864886f70d010901"
#define UNKNOWN "2a0304"

#define VIEW(literal) BYTES_LITERAL(literal)

struct attribute {
	const char *type; /* hexadecimal contents of the OID */
	unsigned int tag;
	struct bytes value;
};

static void write_attribute(struct buffer *to, struct attribute attribute)
{
	CLEANUP(buffer_done) struct buffer type = { 0 };
	size_t begun = der_begin(to, DER_SEQUENCE);

	der_write_oid(to, hex_into(&type, attribute.type));
	der_write(to, attribute.tag, attribute.value);
	der_end(to, begun);
}

/* A Name of one attribute. */
static struct bytes name_of(struct buffer *to, struct attribute attribute)
{
	size_t name = der_begin(to, DER_SEQUENCE);
	size_t rdn = der_begin(to, DER_SET);

	write_attribute(to, attribute);
	der_end(to, rdn);
	der_end(to, name);
	return buffer_view(to);
}

static void expect_refused(struct attribute attribute)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(name_done) struct name name = { 0 };
	struct error err = { 0 };

	EXPECT_REFUSED(name_parse(name_of(&der, attribute), &name, &err), err, REASON_NAME_INVALID);
	assert_null(name.entries);
}

static void expect_read(struct attribute attribute, const char *wanted)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(name_done) struct name name = { 0 };
	struct error err = { 0 };

	EXPECT_OK(name_parse(name_of(&der, attribute), &name, &err), err);
	assert_int_equal(name.count, 1);
	assert_string_equal(name.entries[0].value, wanted);
}

static void expect_tolerated(struct attribute attribute, const char *wanted)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(name_done) struct name name = { 0 };
	struct error err = { 0 };

	EXPECT_OK(name_parse_tolerant(name_of(&der, attribute), &name, &err), err);
	assert_string_equal(name.entries[0].value, wanted);
}

/* -- threats -- */

TEST(cs_22_control_characters_are_refused)
{
	static const struct attribute refused[] = {
		{ CN, DER_UTF8_STRING, VIEW("good.example\0evil.example") },
		{ CN, DER_PRINTABLE_STRING, VIEW("a\r\nb") },
		{ CN, DER_UTF8_STRING, VIEW("a\nb") },
		{ CN, DER_UTF8_STRING, VIEW("\x1b[31m") },
		{ CN, DER_UTF8_STRING, VIEW("a\x7f") },
		{ CN, DER_UTF8_STRING, VIEW("\xc2\x85") }, /* NEL */
		{ CN, DER_UTF8_STRING,
		  VIEW("a\xe2\x80\xae"
		       "b") }, /* U+202E */
		{ CN, DER_UTF8_STRING,
		  VIEW("a\xe2\x80\xaa"
		       "b") },                                  /* U+202A */
		{ CN, DER_UTF8_STRING, VIEW("a\xe2\x81\xa6") }, /* U+2066 */
		{ CN, DER_BMP_STRING, VIEW("\0a\x20\x2e") },
		{ CN, DER_BMP_STRING, VIEW("\0a\0\0") },
		{ EMAIL, DER_IA5_STRING, VIEW("a\t@b") },
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		expect_refused(refused[i]);
}

TEST(cs_22_a_manufacturers_control_characters_become_question_marks)
{
	expect_tolerated((struct attribute){ CN, DER_UTF8_STRING, VIEW("a\0b\r\x7f") }, "a?b??");
	expect_tolerated((struct attribute){ CN, DER_UTF8_STRING,
					     VIEW("a\xe2\x80\xae"
						  "b") },
			 "a?b");
	expect_tolerated((struct attribute){ CN, DER_BMP_STRING, VIEW("\0a\0") }, "a?");
}

TEST(cs_23_bytes_that_are_no_text_are_refused)
{
	static const struct attribute refused[] = {
		{ CN, DER_UTF8_STRING, VIEW("\xff") },
		{ CN, DER_UTF8_STRING, VIEW("a\xc3") },
		{ CN, DER_UTF8_STRING, VIEW("\xc0\xaf") }, /* overlong */
		{ CN, DER_UTF8_STRING, VIEW("\xe0\x80\xaf") },
		{ CN, DER_UTF8_STRING, VIEW("\xed\xa0\x80") },     /* surrogate */
		{ CN, DER_UTF8_STRING, VIEW("\xf4\x90\x80\x80") }, /* above U+10FFFF */
		{ CN, DER_PRINTABLE_STRING, VIEW("caf\xe9") },
		{ CN, DER_IA5_STRING, VIEW("caf\xe9") },
		{ CN, DER_BMP_STRING, VIEW("\0a\0") },
		{ CN, DER_BMP_STRING, VIEW("\xd8\x3d\xde\x00") },
		{ CN, DER_TELETEX_STRING, VIEW("caf\xe9") },
		{ CN, DER_UNIVERSAL_STRING, VIEW("\0\0\0\xe9") },
		{ CN, DER_UNIVERSAL_STRING, VIEW("\0\0\0") },
		{ CN, DER_OCTET_STRING, VIEW("abc") },
		{ CN, 0x2c,
		  VIEW("\x0c\x01"
		       "a") }, /* constructed */
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		expect_refused(refused[i]);
	expect_read((struct attribute){ CN, DER_UTF8_STRING, VIEW("caf\xc3\xa9") }, "caf\xc3\xa9");
	expect_read((struct attribute){ CN, DER_BMP_STRING, VIEW("\0a\0\xe9\x20\xac") },
		    "a\xc3\xa9\xe2\x82\xac");
	expect_read((struct attribute){ CN, DER_TELETEX_STRING, VIEW("plain") }, "plain");
	expect_read((struct attribute){ CN, DER_UNIVERSAL_STRING, VIEW("\0\0\0a") }, "a");
	expect_read((struct attribute){ CN, DER_UTF8_STRING, VIEW("\xf0\x9f\x98\x80") },
		    "\xf0\x9f\x98\x80");
}

TEST(cs_23_a_manufacturers_odd_bytes_stay_readable)
{
	expect_tolerated((struct attribute){ CN, DER_TELETEX_STRING, VIEW("caf\xe9") },
			 "caf\xc3\xa9");
	expect_tolerated((struct attribute){ CN, DER_UTF8_STRING, VIEW("caf\xe9") }, "caf?");
	expect_tolerated((struct attribute){ CN, DER_PRINTABLE_STRING, VIEW("caf\xe9") }, "caf?");
	expect_tolerated((struct attribute){ CN, DER_OCTET_STRING, VIEW("abc\x01") }, "abc?");
	expect_tolerated((struct attribute){ CN, DER_UTF8_STRING, VIEW("") }, "");
	expect_tolerated((struct attribute){ COUNTRY, DER_PRINTABLE_STRING, VIEW("USA") }, "USA");
}

static struct bytes repeat(char c, size_t count)
{
	static unsigned char text[5000];

	assert_true(count <= sizeof text);
	memset(text, c, sizeof text);
	return (struct bytes){ text, count };
}

TEST(cs_24_values_beyond_rfc_5280s_bounds_are_refused)
{
	expect_refused((struct attribute){ CN, DER_UTF8_STRING, repeat('a', 65) });
	expect_refused((struct attribute){ CN, DER_UTF8_STRING, VIEW("") });
	expect_refused((struct attribute){ COUNTRY, DER_PRINTABLE_STRING, VIEW("USA") });
	expect_refused((struct attribute){ COUNTRY, DER_PRINTABLE_STRING, VIEW("U") });
	expect_refused((struct attribute){ COUNTRY, DER_PRINTABLE_STRING, VIEW("U1") });
	expect_refused((struct attribute){ SERIAL_NUMBER, DER_PRINTABLE_STRING, repeat('1', 65) });
	expect_refused((struct attribute){ SERIAL_NUMBER, DER_UTF8_STRING, VIEW("SN_1") });
	expect_refused((struct attribute){ ORGANIZATION, DER_UTF8_STRING, repeat('a', 65) });
	expect_refused((struct attribute){ "550408", DER_UTF8_STRING, repeat('a', 129) });
	expect_refused((struct attribute){ "550407", DER_UTF8_STRING, repeat('a', 129) });
	expect_refused((struct attribute){ EMAIL, DER_IA5_STRING, repeat('a', 256) });
	expect_refused((struct attribute){ EMAIL, DER_UTF8_STRING, VIEW("caf\xc3\xa9@x") });
	expect_refused((struct attribute){ UNKNOWN, DER_UTF8_STRING, repeat('a', 256) });
	expect_read((struct attribute){ COUNTRY, DER_PRINTABLE_STRING, VIEW("de") }, "de");
	expect_read((struct attribute){ SERIAL_NUMBER, DER_UTF8_STRING, VIEW("SN-1") }, "SN-1");
}

/* The bound counts characters: 64 of two octets each are within it. */
TEST(cs_24_bounds_count_characters)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };

	for (size_t i = 0; i < 64; i++)
		buffer_append_text(&text, "\xc3\xa9");
	expect_read((struct attribute){ CN, DER_UTF8_STRING, buffer_view(&text) },
		    buffer_cstring(&text));
	buffer_append_text(&text, "\xc3\xa9");
	expect_refused((struct attribute){ CN, DER_UTF8_STRING, buffer_view(&text) });
}

TEST(cs_24_manufacturers_may_be_long_but_not_endless)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(name_done) struct name name = { 0 };
	struct error err = { 0 };
	struct attribute attribute = { CN, DER_UTF8_STRING, repeat('a', NAME_VALUE_TOLERATED_MAX) };

	EXPECT_OK(name_parse_tolerant(name_of(&der, attribute), &name, &err), err);
	name_done(&name);
	buffer_clear(&der);
	attribute.value.len++;
	EXPECT_REFUSED(name_parse_tolerant(name_of(&der, attribute), &name, &err), err,
		       REASON_NAME_INVALID);
}

TEST(cs_26_an_attribute_type_of_60_kb_is_refused)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(buffer_done) struct buffer type = { 0 };
	CLEANUP(name_done) struct name parsed = { 0 };
	struct error err = { 0 };

	memset(buffer_reserve(&type, 60000), 0x2a, 60000);
	size_t name = der_begin(&der, DER_SEQUENCE);
	size_t rdn = der_begin(&der, DER_SET);
	size_t attribute = der_begin(&der, DER_SEQUENCE);
	der_write_oid(&der, buffer_view(&type));
	der_write(&der, DER_UTF8_STRING, VIEW("x"));
	der_end(&der, attribute);
	der_end(&der, rdn);
	der_end(&der, name);
	EXPECT_REFUSED(name_parse(buffer_view(&der), &parsed, &err), err, REASON_NAME_INVALID);
	EXPECT_REFUSED(name_parse_tolerant(buffer_view(&der), &parsed, &err), err,
		       REASON_NAME_INVALID);
}

static struct bytes many_rdns(struct buffer *to, size_t count)
{
	size_t name = der_begin(to, DER_SEQUENCE);

	for (size_t i = 0; i < count; i++) {
		size_t rdn = der_begin(to, DER_SET);

		write_attribute(to, (struct attribute){ CN, DER_UTF8_STRING, VIEW("x") });
		der_end(to, rdn);
	}
	der_end(to, name);
	return buffer_view(to);
}

TEST(cs_04_twenty_thousand_rdns_are_refused)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(name_done) struct name name = { 0 };
	struct error err = { 0 };

	EXPECT_REFUSED(name_parse(many_rdns(&der, 20000), &name, &err), err, REASON_NAME_INVALID);
	buffer_clear(&der);
	EXPECT_REFUSED(name_parse_tolerant(many_rdns(&der, NAME_ATTRIBUTES_MAX + 1), &name, &err),
		       err, REASON_NAME_INVALID);
	buffer_clear(&der);
	EXPECT_OK(name_parse(many_rdns(&der, NAME_ATTRIBUTES_MAX), &name, &err), err);
}

TEST(cs_41_broken_structures_are_refused)
{
	static const char *const refused[] = {
		"",
		"3100",
		"30023100", /* an empty RDN */
		"3000 00",
		"30 0b 31 09 30 07 06 03 550403 0c 00",         /* an empty value */
		"30 0d 31 0b 30 09 06 03 550403 0c 01 61 05",   /* cut off */
		"30 0e 31 0c 30 0a 06 03 550403 0c 01 61 0500", /* something behind the value */
		"30 09 31 07 30 05 06 03 550403",               /* no value */
		"30 0b 31 09 30 07 06 00 0c 03 616161",         /* no type */
		"30 0c 30 0a 30 08 06 03 550403 0c 01 61",      /* a SEQUENCE for the SET */
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		CLEANUP(buffer_done) struct buffer der = { 0 };
		CLEANUP(name_done) struct name name = { 0 };

		hex_into(&der, refused[i]);
		if (name_parse(buffer_view(&der), &name, NULL))
			fail_msg("taken: %s", refused[i]);
	}
}

TEST(the_empty_name_is_a_name)
{
	CLEANUP(name_done) struct name name = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };

	EXPECT_OK(name_parse(VIEW("\x30\x00"), &name, &err), err);
	assert_int_equal(name.count, 0);
	EXPECT_OK(name_encode(&name, &der, &err), err);
	assert_int_equal(der.len, 2);
	assert_true(name_equal(&name, &name));
}

/* -- text -- */

static void expect_text_round_trip(const char *text, const char *wanted)
{
	CLEANUP(name_done) struct name name = { 0 };
	CLEANUP(name_done) struct name again = { 0 };
	CLEANUP(buffer_done) struct buffer back = { 0 };
	struct error err = { 0 };

	EXPECT_OK(name_from_text(text, &name, &err), err);
	name_to_text(&name, &back);
	assert_string_equal(buffer_cstring(&back), wanted);
	EXPECT_OK(name_from_text(buffer_cstring(&back), &again, &err), err);
	assert_true(name_equal(&name, &again));
}

TEST(operators_text_is_read_and_written)
{
	expect_text_round_trip("CN=dev-1,O=Acme", "CN=dev-1, O=Acme");
	expect_text_round_trip("  commonname = dev-1 , o=Acme Ltd.  ", "CN=dev-1, O=Acme Ltd.");
	expect_text_round_trip("CN=a\\,b\\+c\\=d", "CN=a\\,b\\+c\\=d");
	expect_text_round_trip("CN=\\ a \\ ", "CN=\\ a \\ ");
	expect_text_round_trip("CN=\\#1", "CN=\\#1");
	expect_text_round_trip("CN=caf\\c3\\A9", "CN=caf\xc3\xa9");
	expect_text_round_trip("CN=a+serialNumber=1, C=DE", "CN=a+serialNumber=1, C=DE");
	expect_text_round_trip("E=a@b.example,DC=example", "emailAddress=a@b.example, DC=example");
	expect_text_round_trip("CN=a=b", "CN=a\\=b");
	expect_text_round_trip("", "");
}

TEST(texts_that_are_no_name_are_refused)
{
	static const char *const refused[] = {
		"CN",      "=x",    "CN=",      "CN=a,",    "CN=a,,O=b", ",CN=a",   "CN=a+",
		"CN=\\zz", "CN=\\", "CN=a;b",   "CN=\"a\"", "CN=<a>",    "XX=a",    "SN=1",
		"1.2.3=a", "C=DEU", "CN=a\\00", "CN=\\0a",  "CN=\xff",   "CN=a\nb",
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		CLEANUP(name_done) struct name name = { 0 };
		struct error err = { 0 };

		if (name_from_text(refused[i], &name, &err))
			fail_msg("taken: %s", refused[i]);
		assert_int_equal(err.reason, REASON_NAME_INVALID);
	}
}

TEST(unknown_attributes_keep_their_type)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(buffer_done) struct buffer again = { 0 };
	CLEANUP(buffer_done) struct buffer text = { 0 };
	CLEANUP(name_done) struct name name = { 0 };
	CLEANUP(name_done) struct name copy = { 0 };
	struct error err = { 0 };

	name_of(&der, (struct attribute){ UNKNOWN, DER_UTF8_STRING, VIEW("x") });
	EXPECT_OK(name_parse(buffer_view(&der), &name, &err), err);
	EXPECT_OK(name_copy(&name, &copy, &err), err);
	EXPECT_OK(name_encode(&copy, &again, &err), err);
	assert_true(bytes_equal(buffer_view(&der), buffer_view(&again)));
	name_done(&name);
	name_to_text(&copy, &text);
	assert_string_equal(buffer_cstring(&text), "1.2.3.4=x");
	assert_int_equal(copy.entries[0].attribute, NAME_UNKNOWN);
}

/* -- encoding -- */

TEST(string_types_are_rfc_5280s)
{
	CLEANUP(name_done) struct name name = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(buffer_done) struct buffer want = { 0 };
	struct error err = { 0 };

	EXPECT_OK(name_from_text("C=DE,O=A,serialNumber=1,DC=x,emailAddress=a@b", &name, &err),
		  err);
	EXPECT_OK(name_encode(&name, &der, &err), err);
	hex_into(&want, "30 4c"
			"31 0b 30 09 0603 550406 13 02 4445"
			"31 0a 30 08 0603 55040a 0c 01 41"
			"31 0a 30 08 0603 550405 13 01 31"
			"31 11 30 0f 060a 0992268993f22c640119 16 01 78"
			"31 12 30 10 0609 2a864886f70d010901 16 03 614062");
	assert_true(bytes_equal(buffer_view(&der), buffer_view(&want)));
}

TEST(an_rdn_of_several_is_sorted)
{
	CLEANUP(name_done) struct name name = { 0 };
	CLEANUP(name_done) struct name parsed = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };

	EXPECT_OK(name_from_text("O=b,serialNumber=2+CN=a,O=c", &name, &err), err);
	EXPECT_OK(name_encode(&name, &der, &err), err);
	EXPECT_OK(name_parse(buffer_view(&der), &parsed, &err), err);
	assert_int_equal(parsed.count, 4);
	assert_int_equal(parsed.entries[1].attribute, NAME_COMMON_NAME);
	assert_false(parsed.entries[1].joined);
	assert_true(parsed.entries[2].joined);
	assert_false(parsed.entries[3].joined);
	assert_true(name_equal(&name, &parsed));
}

TEST(openssl_reads_what_we_write)
{
	CLEANUP(name_done) struct name name = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	char cn[65];

	EXPECT_OK(name_from_text("C=DE,O=Caf\xc3\xa9,OU=x+OU=y,CN=dev-1,UID=u", &name, &err), err);
	EXPECT_OK(name_encode(&name, &der, &err), err);
	const unsigned char *at = der.data;
	X509_NAME *theirs = d2i_X509_NAME(NULL, &at, (long)der.len);
	assert_non_null(theirs);
	assert_ptr_equal(at, der.data + der.len);
	assert_int_equal(X509_NAME_entry_count(theirs), 6);
	assert_int_equal(X509_NAME_get_text_by_NID(theirs, NID_commonName, cn, sizeof cn), 5);
	assert_string_equal(cn, "dev-1");
	X509_NAME_free(theirs);
}

TEST(what_may_not_be_read_may_not_be_written)
{
	CLEANUP(name_done) struct name name = { 0 };
	struct error err = { 0 };

	EXPECT_REFUSED(name_append(&name, NAME_COUNTRY, "DEU", &err), err, REASON_NAME_INVALID);
	EXPECT_REFUSED(name_append(&name, NAME_COMMON_NAME, "a\nb", &err), err,
		       REASON_NAME_INVALID);
	EXPECT_REFUSED(name_append(&name, NAME_COMMON_NAME, "", &err), err, REASON_NAME_INVALID);
	EXPECT_REFUSED(name_append(&name, NAME_UNKNOWN, "a", &err), err, REASON_NAME_INVALID);
	assert_int_equal(name.count, 0);
}

/* -- comparing -- */

static bool texts_equal(const char *a, const char *b)
{
	CLEANUP(name_done) struct name left = { 0 };
	CLEANUP(name_done) struct name right = { 0 };
	struct error err = { 0 };

	EXPECT_OK(name_from_text(a, &left, &err), err);
	EXPECT_OK(name_from_text(b, &right, &err), err);
	assert_int_equal(name_equal(&left, &right), name_equal(&right, &left));
	return name_equal(&left, &right);
}

TEST(names_are_compared_by_rfc_5280_7_1)
{
	assert_true(texts_equal("CN=Dev One", "CN=dev   one"));
	assert_true(texts_equal("CN=\\ dev\\ ", "CN=dev"));
	assert_true(texts_equal("CN=\xc3\x89t\xc3\xa9", "CN=\xc3\xa9T\xc3\xa9"));
	assert_true(texts_equal("CN=a+O=b", "O=b+CN=a"));
	assert_true(texts_equal("OU=a+OU=A", "OU=A+OU=a"));
	assert_false(texts_equal("CN=dev one", "CN=devone"));
	assert_false(texts_equal("CN=dev1", "CN=dev"));
	assert_false(texts_equal("CN=dev", "CN=dev1"));
	assert_false(texts_equal("CN=a,O=b", "O=b,CN=a"));
	assert_false(texts_equal("CN=a,O=b", "CN=a+O=b"));
	assert_false(texts_equal("CN=a+O=b", "CN=a,O=b"));
	assert_false(texts_equal("OU=a+OU=a", "OU=a+OU=b"));
	assert_false(texts_equal("CN=a", "CN=a,CN=a"));
	assert_false(texts_equal("CN=a", "O=a"));
	assert_false(texts_equal("CN=a", ""));
}

/* Devices re-encode PrintableString as UTF8String when they renew. */
TEST(enr_07_string_types_do_not_matter)
{
	CLEANUP(buffer_done) struct buffer printable = { 0 };
	CLEANUP(buffer_done) struct buffer bmp = { 0 };
	CLEANUP(name_done) struct name a = { 0 };
	CLEANUP(name_done) struct name b = { 0 };
	struct error err = { 0 };

	name_of(&printable, (struct attribute){ CN, DER_PRINTABLE_STRING, VIEW("dev") });
	name_of(&bmp, (struct attribute){ CN, DER_BMP_STRING, VIEW("\0D\0e\0v") });
	EXPECT_OK(name_parse(buffer_view(&printable), &a, &err), err);
	EXPECT_OK(name_parse(buffer_view(&bmp), &b, &err), err);
	assert_true(name_equal(&a, &b));
}

TEST(unknown_attributes_are_compared_exactly)
{
	CLEANUP(buffer_done) struct buffer upper = { 0 };
	CLEANUP(buffer_done) struct buffer lower = { 0 };
	CLEANUP(name_done) struct name a = { 0 };
	CLEANUP(name_done) struct name b = { 0 };
	struct error err = { 0 };

	name_of(&upper, (struct attribute){ UNKNOWN, DER_UTF8_STRING, VIEW("X") });
	name_of(&lower, (struct attribute){ UNKNOWN, DER_UTF8_STRING, VIEW("x") });
	EXPECT_OK(name_parse(buffer_view(&upper), &a, &err), err);
	EXPECT_OK(name_parse(buffer_view(&lower), &b, &err), err);
	assert_false(name_equal(&a, &b));
	assert_true(name_equal(&a, &a));
}

TEST(attributes_are_found_by_their_texts)
{
	assert_int_equal(name_attribute_by_text("cn"), NAME_COMMON_NAME);
	assert_int_equal(name_attribute_by_text("OrganizationName"), NAME_ORGANIZATION);
	assert_int_equal(name_attribute_by_text("serialnumber"), NAME_SERIAL_NUMBER);
	assert_int_equal(name_attribute_by_text("SN"), NAME_UNKNOWN);
	assert_null(name_attribute_text(NAME_UNKNOWN));
	for (int i = 0; i < NAME_UNKNOWN; i++)
		assert_int_equal(
			name_attribute_by_text(name_attribute_text((enum name_attribute)i)), i);
}

TEST_MAIN(RUN(cs_22_control_characters_are_refused),
	  RUN(cs_22_a_manufacturers_control_characters_become_question_marks),
	  RUN(cs_23_bytes_that_are_no_text_are_refused),
	  RUN(cs_23_a_manufacturers_odd_bytes_stay_readable),
	  RUN(cs_24_values_beyond_rfc_5280s_bounds_are_refused), RUN(cs_24_bounds_count_characters),
	  RUN(cs_24_manufacturers_may_be_long_but_not_endless),
	  RUN(cs_26_an_attribute_type_of_60_kb_is_refused),
	  RUN(cs_04_twenty_thousand_rdns_are_refused), RUN(cs_41_broken_structures_are_refused),
	  RUN(the_empty_name_is_a_name), RUN(operators_text_is_read_and_written),
	  RUN(texts_that_are_no_name_are_refused), RUN(unknown_attributes_keep_their_type),
	  RUN(string_types_are_rfc_5280s), RUN(an_rdn_of_several_is_sorted),
	  RUN(openssl_reads_what_we_write), RUN(what_may_not_be_read_may_not_be_written),
	  RUN(names_are_compared_by_rfc_5280_7_1), RUN(enr_07_string_types_do_not_matter),
	  RUN(unknown_attributes_are_compared_exactly), RUN(attributes_are_found_by_their_texts))
