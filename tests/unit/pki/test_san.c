#include "test.h"

#include <openssl/x509v3.h>

#include "hex.h"
#include "pki/der.h"
#include "pki/san.h"

#define TAG_EMAIL 0x81
#define TAG_DNS 0x82
#define TAG_URI 0x86
#define TAG_IP 0x87

#define VIEW(literal) BYTES_LITERAL(literal)

static struct bytes san_of(struct buffer *to, unsigned int tag, struct bytes value)
{
	size_t begun = der_begin(to, DER_SEQUENCE);

	der_write(to, tag, value);
	der_end(to, begun);
	return buffer_view(to);
}

static void expect_refused(unsigned int tag, struct bytes value)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(san_done) struct san san = { 0 };
	struct error err = { 0 };

	if (san_parse(san_of(&der, tag, value), &san, &err))
		fail_msg("taken: %.*s", (int)value.len, (const char *)value.data);
	assert_int_equal(err.reason, REASON_NAME_INVALID);
	EXPECT_OK(san_parse_tolerant(buffer_view(&der), &san, &err), err);
	assert_int_equal(san.entries[0].type, SAN_OTHER);
}

static void expect_entry(unsigned int tag, struct bytes value, enum san_type type,
			 const char *wanted)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(san_done) struct san san = { 0 };
	struct error err = { 0 };

	EXPECT_OK(san_parse(san_of(&der, tag, value), &san, &err), err);
	assert_int_equal(san.count, 1);
	assert_int_equal(san.entries[0].type, type);
	assert_string_equal(san.entries[0].value, wanted);
	if (type == SAN_OTHER)
		return;

	CLEANUP(buffer_done) struct buffer again = { 0 };
	EXPECT_OK(san_encode(&san, &again, &err), err);
	assert_true(bytes_equal(buffer_view(&again), buffer_view(&der)));
}

TEST(cs_22_control_characters_are_refused)
{
	expect_refused(TAG_DNS, VIEW("good.example\0.evil.example"));
	expect_refused(TAG_DNS, VIEW("a\r\nb"));
	expect_refused(TAG_URI, VIEW("urn:a\x1b"));
	expect_refused(TAG_EMAIL, VIEW("a\0@b.example"));
}

TEST(dns_names_are_in_preferred_syntax)
{
	static const struct bytes refused[] = {
		VIEW(""),           VIEW(" "),           VIEW("a b.example"), VIEW(".example"),
		VIEW("a..b"),       VIEW("example."),    VIEW("a_b.example"), VIEW("-a.example"),
		VIEW("a-.example"), VIEW("caf\xc3\xa9"), VIEW("caf\xe9"),     VIEW("a/b"),
		VIEW("a:1"),
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		expect_refused(TAG_DNS, refused[i]);
	expect_entry(TAG_DNS, VIEW("Dev-1.Example"), SAN_DNS, "Dev-1.Example");
	expect_entry(TAG_DNS, VIEW("0012345"), SAN_DNS, "0012345");
	expect_entry(TAG_DNS, VIEW("1.2.3.example"), SAN_DNS, "1.2.3.example");
}

TEST(dns_names_have_bounds)
{
	char label[65], name[300];

	memset(label, 'a', sizeof label);
	expect_refused(TAG_DNS, (struct bytes){ (unsigned char *)label, 64 });
	label[63] = '\0';
	expect_entry(TAG_DNS, bytes_of_string(label), SAN_DNS, label);
	memset(name, 'a', sizeof name);
	for (size_t i = 62; i < sizeof name; i += 63)
		name[i] = '.';
	expect_refused(TAG_DNS, (struct bytes){ (unsigned char *)name, 254 });
	name[253] = '\0';
	expect_entry(TAG_DNS, bytes_of_string(name), SAN_DNS, name);
}

TEST(cs_27_labels_of_xn_are_punycode)
{
	static const struct bytes refused[] = {
		VIEW("xn--.example"),     VIEW("xn--abc-.example"),
		VIEW("xn--99999999999"),  VIEW("xn--a-b!c"),
		VIEW("XN--zzzzzzzzzzzz"), VIEW("a.xn--0.example"),
		VIEW("xn--*-bcher-kva"),  VIEW("xn--a-la"),
		VIEW("xn--ab-g4t"), /* U+0085, U+202E */
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		expect_refused(TAG_DNS, refused[i]);
	expect_entry(TAG_DNS, VIEW("xn--bcher-kva.example"), SAN_DNS, "xn--bcher-kva.example");
	expect_entry(TAG_DNS, VIEW("xn--mnchen-3ya"), SAN_DNS, "xn--mnchen-3ya");
	/* RFC 3492 7.1 (A) and (L) */
	expect_entry(TAG_DNS, VIEW("xn--egbpdaj6bu4bxfgehfvwxn"), SAN_DNS,
		     "xn--egbpdaj6bu4bxfgehfvwxn");
	expect_entry(TAG_DNS, VIEW("xn--3B-ww4c5e180e575a65lsy2b"), SAN_DNS,
		     "xn--3B-ww4c5e180e575a65lsy2b");
}

TEST(cs_28_wildcards_are_a_profiles_matter)
{
	expect_entry(TAG_DNS, VIEW("*.example"), SAN_DNS, "*.example");
	expect_entry(TAG_DNS, VIEW("*"), SAN_DNS, "*");
	expect_entry(TAG_DNS, VIEW("a*.b"), SAN_DNS, "a*.b");
	expect_refused(TAG_EMAIL, VIEW("a@*.example"));
}

TEST(cs_29_addresses_have_4_or_16_octets)
{
	expect_refused(TAG_IP, VIEW(""));
	expect_refused(TAG_IP, VIEW("\x0a\0\0\x01\0"));
	expect_refused(TAG_IP, VIEW("\x0a\0\0\x01\xff\xff\xff\0")); /* a name constraint's form */
	expect_refused(TAG_IP, VIEW("\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\0\0\x01"));
	expect_entry(TAG_IP, VIEW("\x0a\0\0\x01"), SAN_IP, "10.0.0.1");
	expect_entry(TAG_IP, VIEW("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"), SAN_IP,
		     "2001:db8::1");
}

TEST(cs_29_the_text_of_an_address_is_no_dns_name)
{
	expect_refused(TAG_DNS, VIEW("10.0.0.1"));
	expect_refused(TAG_DNS, VIEW("127.1"));
	expect_refused(TAG_DNS, VIEW("a.example.1"));
	expect_refused(TAG_DNS, VIEW("::1"));
	expect_refused(TAG_DNS, VIEW("[::1]"));
}

TEST(registered_ids_are_oids)
{
	expect_entry(0x88, VIEW("\x2a\x03"), SAN_REGISTERED_ID, "1.2.3");
	expect_refused(0x88, VIEW(""));
	expect_refused(0x88, VIEW("\x80\x01"));
	expect_refused(0x88, VIEW("\x2a\x83"));
}

#define HARDWARE_OID "06 08 2b06010505070804"

static void expect_hardware(const char *value, const char *text)
{
	CLEANUP(buffer_done) struct buffer name = { 0 };

	hex_into(&name, HARDWARE_OID);
	hex_into(&name, value);
	if (text)
		expect_entry(0xa0, buffer_view(&name), SAN_HARDWARE_MODULE, text);
	else
		expect_refused(0xa0, buffer_view(&name));
}

/* RFC 4108 5 */
TEST(a_hardware_module_is_its_type_and_its_serial_number)
{
	expect_hardware("a0 08 30 06 06 01 2a 04 01 00", "1.2:00");
	expect_hardware("a0 0b 30 09 06 03 2a0304 04 02 0aff", "1.2.3.4:0aff");
	/* no serial number, none at all, more after it, another wrapping, no OID */
	expect_hardware("a0 07 30 05 06 01 2a 04 00", NULL);
	expect_hardware("a0 05 30 03 06 01 2a", NULL);
	expect_hardware("a0 0a 30 08 06 01 2a 04 01 00 05 00", NULL);
	expect_hardware("a0 08 30 06 06 01 2a 04 01 00 05 00", NULL);
	expect_hardware("30 06 06 01 2a 04 01 00", NULL);
	expect_hardware("a0 08 30 06 06 01 80 04 01 00", NULL);
	expect_hardware("", NULL);
}

TEST(a_hardware_module_is_written_as_it_is_read)
{
	static const char *const wrong[] = { "",       "1.2",  "1.2:",      ":00",       "1.2:0",
					     "1.2:0g", "1:00", "1.2:00:01", "1.2:0a 0b", "x.2:00" };
	CLEANUP(san_done) struct san san = { 0 };
	CLEANUP(san_done) struct san back = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
		EXPECT_REFUSED(san_append(&san, SAN_HARDWARE_MODULE, wrong[i], &err), err,
			       REASON_NAME_INVALID);
	EXPECT_OK(san_append(&san, SAN_HARDWARE_MODULE, "1.3.6.1.4.1.99999.7:0A0b", &err), err);
	EXPECT_OK(san_append(&san, SAN_REGISTERED_ID, "1.3.6.1", &err), err);
	assert_string_equal(san.entries[0].value, "1.3.6.1.4.1.99999.7:0a0b");
	EXPECT_OK(san_encode(&san, &der, &err), err);
	EXPECT_OK(san_parse(buffer_view(&der), &back, &err), err);
	assert_true(san_equal(&san, &back));
}

TEST(cs_30_types_that_are_not_issued_are_named)
{
	CLEANUP(buffer_done) struct buffer upn = { 0 };

	hex_into(&upn, "06 0a 2b060104018237140203 a0 03 0c 01 61");
	expect_entry(0xa0, buffer_view(&upn), SAN_OTHER, "otherName 1.3.6.1.4.1.311.20.2.3");
	expect_entry(0xa3, VIEW(""), SAN_OTHER, "x400Address");
	expect_entry(0xa4, VIEW("\x30\x00"), SAN_OTHER, "directoryName");
	expect_entry(0xa5, VIEW(""), SAN_OTHER, "ediPartyName");
	expect_refused(0xa0, VIEW("\x0c\x01\x61"));
	expect_refused(0x89, VIEW("a"));
	expect_refused(0xa2, VIEW("a"));
}

TEST(cs_30_what_is_not_issued_is_not_written)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(buffer_done) struct buffer again = { 0 };
	CLEANUP(san_done) struct san san = { 0 };
	struct error err = { 0 };

	EXPECT_OK(san_parse(san_of(&der, 0xa4, VIEW("\x30\x00")), &san, &err), err);
	EXPECT_REFUSED(san_encode(&san, &again, &err), err, REASON_NAME_INVALID);
	EXPECT_REFUSED(san_append(&san, SAN_OTHER, "x", &err), err, REASON_NAME_INVALID);
	assert_false(san_equal(&san, &san));
	assert_false(san_holds(&san, &san.entries[0]));
}

TEST(cs_41_an_empty_list_is_refused)
{
	static const struct bytes refused[] = { VIEW(""),
						VIEW("\x30\x00"),
						VIEW("\x30\x00\x00"),
						VIEW("\x30\x01\x82"),
						VIEW("\x31\x03\x82\x01\x61"),
						VIEW("\x30\x03\x82\x02\x61") };
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		CLEANUP(san_done) struct san san = { 0 };

		EXPECT_REFUSED(san_parse(refused[i], &san, &err), err, REASON_NAME_INVALID);
		EXPECT_REFUSED(san_parse_tolerant(refused[i], &san, &err), err,
			       REASON_NAME_INVALID);
	}

	CLEANUP(buffer_done) struct buffer der = { 0 };
	EXPECT_REFUSED(san_encode(&(struct san){ 0 }, &der, &err), err, REASON_NAME_INVALID);
}

TEST(the_number_of_names_is_bounded)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(san_done) struct san san = { 0 };
	struct error err = { 0 };
	size_t begun = der_begin(&der, DER_SEQUENCE);

	for (size_t i = 0; i <= SAN_ENTRIES_MAX; i++)
		der_write(&der, TAG_DNS, VIEW("a"));
	der_end(&der, begun);
	EXPECT_REFUSED(san_parse(buffer_view(&der), &san, &err), err, REASON_NAME_INVALID);
	EXPECT_REFUSED(san_parse_tolerant(buffer_view(&der), &san, &err), err, REASON_NAME_INVALID);
}

TEST(email_addresses_have_a_form)
{
	static const struct bytes refused[] = {
		VIEW(""),        VIEW("a"),      VIEW("@b"),      VIEW("a@"),
		VIEW("a@b@c"),   VIEW("a b@c"),  VIEW("<a@b>"),   VIEW(".a@b"),
		VIEW("a.@b"),    VIEW("a..b@c"), VIEW("\"a\"@b"), VIEW("a@[10.0.0.1]"),
		VIEW("a@b\r\n"),
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		expect_refused(TAG_EMAIL, refused[i]);
	expect_entry(TAG_EMAIL, VIEW("a.b+c@Example.org"), SAN_EMAIL, "a.b+c@Example.org");
}

TEST(uris_are_absolute)
{
	static const struct bytes refused[] = {
		VIEW(""),           VIEW("a"),     VIEW("/a"),         VIEW("//a/b"),
		VIEW("1a:b"),       VIEW(":a"),    VIEW("urn:"),       VIEW("http://a b"),
		VIEW("http://a/%"), VIEW("u:%zz"), VIEW("u:<script>"), VIEW("u:\"onload="),
		VIEW("u:\xc3\xa9"),
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		expect_refused(TAG_URI, refused[i]);
	expect_entry(TAG_URI, VIEW("spiffe://a.example/b?c=%2F#d"), SAN_URI,
		     "spiffe://a.example/b?c=%2F#d");
	expect_entry(TAG_URI, VIEW("urn:uuid:1"), SAN_URI, "urn:uuid:1");
}

TEST(appended_names_are_judged_and_made_normal)
{
	CLEANUP(san_done) struct san san = { 0 };
	struct error err = { 0 };

	EXPECT_REFUSED(san_append(&san, SAN_DNS, "a b", &err), err, REASON_NAME_INVALID);
	EXPECT_REFUSED(san_append(&san, SAN_IP, "10.0.0.256", &err), err, REASON_NAME_INVALID);
	EXPECT_REFUSED(san_append(&san, SAN_IP, "010.0.0.1", &err), err, REASON_NAME_INVALID);
	EXPECT_OK(san_append(&san, SAN_IP, "2001:DB8:0::1", &err), err);
	EXPECT_OK(san_append(&san, SAN_IP, "::ffff:10.0.0.1", &err), err);
	assert_string_equal(san.entries[0].value, "2001:db8::1");
	assert_string_equal(san.entries[1].value, "10.0.0.1");
}

static void fill(struct san *san, const char *const *dns, size_t count)
{
	struct error err = { 0 };

	for (size_t i = 0; i < count; i++)
		EXPECT_OK(san_append(san, SAN_DNS, dns[i], &err), err);
}

TEST(names_are_compared_as_sets)
{
	CLEANUP(san_done) struct san a = { 0 };
	CLEANUP(san_done) struct san b = { 0 };
	CLEANUP(san_done) struct san c = { 0 };

	fill(&a, (const char *const[]){ "x.example", "y.example" }, 2);
	fill(&b, (const char *const[]){ "Y.example", "X.EXAMPLE", "y.example" }, 3);
	fill(&c, (const char *const[]){ "x.example" }, 1);
	assert_true(san_equal(&a, &b));
	assert_false(san_equal(&a, &c));
	assert_false(san_equal(&c, &a));
	assert_false(san_equal(&c, &(struct san){ 0 }));
	assert_true(san_equal(&(struct san){ 0 }, &(struct san){ 0 }));
}

static bool entries_equal(enum san_type type, const char *left, const char *right)
{
	CLEANUP(san_done) struct san a = { 0 };
	CLEANUP(san_done) struct san b = { 0 };
	struct error err = { 0 };

	EXPECT_OK(san_append(&a, type, left, &err), err);
	EXPECT_OK(san_append(&b, type, right, &err), err);
	return san_equal(&a, &b);
}

TEST(an_e_mails_local_part_is_exact)
{
	assert_true(entries_equal(SAN_EMAIL, "a@b.example", "a@B.example"));
	assert_false(entries_equal(SAN_EMAIL, "a@b.example", "A@b.example"));
	assert_false(entries_equal(SAN_EMAIL, "a@b", "ab@b"));
	assert_false(entries_equal(SAN_URI, "urn:a", "urn:A"));
}

TEST(openssl_reads_what_we_write)
{
	CLEANUP(san_done) struct san san = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };

	EXPECT_OK(san_append(&san, SAN_DNS, "a.example", &err), err);
	EXPECT_OK(san_append(&san, SAN_IP, "10.0.0.1", &err), err);
	EXPECT_OK(san_append(&san, SAN_EMAIL, "a@b.example", &err), err);
	EXPECT_OK(san_append(&san, SAN_URI, "urn:x:y", &err), err);
	EXPECT_OK(san_encode(&san, &der, &err), err);
	const unsigned char *at = der.data;
	GENERAL_NAMES *theirs = d2i_GENERAL_NAMES(NULL, &at, (long)der.len);
	assert_non_null(theirs);
	assert_int_equal(sk_GENERAL_NAME_num(theirs), 4);
	assert_int_equal(sk_GENERAL_NAME_value(theirs, 0)->type, GEN_DNS);
	assert_int_equal(sk_GENERAL_NAME_value(theirs, 1)->type, GEN_IPADD);
	assert_int_equal(sk_GENERAL_NAME_value(theirs, 1)->d.iPAddress->length, 4);
	assert_int_equal(sk_GENERAL_NAME_value(theirs, 2)->type, GEN_EMAIL);
	assert_int_equal(sk_GENERAL_NAME_value(theirs, 3)->type, GEN_URI);
	GENERAL_NAMES_free(theirs);
}

TEST_MAIN(RUN(cs_22_control_characters_are_refused), RUN(dns_names_are_in_preferred_syntax),
	  RUN(dns_names_have_bounds), RUN(cs_27_labels_of_xn_are_punycode),
	  RUN(cs_28_wildcards_are_a_profiles_matter), RUN(cs_29_addresses_have_4_or_16_octets),
	  RUN(cs_29_the_text_of_an_address_is_no_dns_name), RUN(registered_ids_are_oids),
	  RUN(a_hardware_module_is_its_type_and_its_serial_number),
	  RUN(a_hardware_module_is_written_as_it_is_read),
	  RUN(cs_30_types_that_are_not_issued_are_named),
	  RUN(cs_30_what_is_not_issued_is_not_written), RUN(cs_41_an_empty_list_is_refused),
	  RUN(the_number_of_names_is_bounded), RUN(email_addresses_have_a_form),
	  RUN(uris_are_absolute), RUN(appended_names_are_judged_and_made_normal),
	  RUN(names_are_compared_as_sets), RUN(an_e_mails_local_part_is_exact),
	  RUN(openssl_reads_what_we_write))
