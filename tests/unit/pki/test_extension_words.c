#include "test.h"

#include "hex.h"
#include "pki/extension_words.h"

/* What is said of the value of the extension, and nothing when memory is out. */
static const char *words_of(struct bytes oid, struct bytes value)
{
	static struct buffer words;
	const struct extension extension = { .oid = oid, .value = value };

	buffer_done(&words);
	extension_words(&extension, &words);
	const char *text = buffer_cstring(&words);
	return text ? text : "";
}

static struct bytes hex(const char *text)
{
	static struct buffer octets;

	buffer_done(&octets);
	return hex_into(&octets, text);
}

TEST(what_is_not_understood_is_shown_as_it_is)
{
	static const struct {
		const struct bytes *oid;
		const char *value;
	} rows[] = {
		{ &oid_key_usage, "0403020780" },
		{ &oid_ext_key_usage, "30030601" },
		{ &oid_basic_constraints, "3003020101ff" },
		{ &oid_subject_key_id, "0401aa00" },
		{ &oid_authority_key_id, "30028101" },
		{ &oid_crl_distribution_points, "30043002a000" },
		{ &oid_crl_distribution_points, "300a3008a006a00482026162" },
		{ &oid_authority_info_access, "300a3008060206028602aabb" },
		{ &oid_certificate_policies, "3004300206 00" },
		{ &oid_subject_alt_name, "31028200" },
		{ &oid_name_constraints, "3000" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char expected[64] = "";
		size_t len = 0;

		for (const char *c = rows[i].value; *c; c++)
			if (*c != ' ')
				expected[len++] = *c;
		expected[len] = '\0';
		assert_string_equal(words_of(*rows[i].oid, hex(rows[i].value)), expected);
	}
	assert_string_equal(words_of(BYTES_LITERAL("\x2a\x03"), hex("0500")), "0500");
}

TEST(each_known_extension_is_said_in_words)
{
	struct buffer value = { 0 };

	key_usage_encode(KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT, &value);
	assert_string_equal(words_of(oid_key_usage, buffer_view(&value)),
			    "digitalSignature, keyAgreement");
	buffer_clear(&value);
	basic_constraints_encode(true, 2, &value);
	assert_string_equal(words_of(oid_basic_constraints, buffer_view(&value)),
			    "a CA with at most 2 CAs below");
	buffer_clear(&value);
	basic_constraints_encode(false, -1, &value);
	assert_string_equal(words_of(oid_basic_constraints, buffer_view(&value)), "no CA");
	buffer_clear(&value);
	key_id_encode(BYTES_LITERAL("\xab\xcd"), &value);
	assert_string_equal(words_of(oid_subject_key_id, buffer_view(&value)), "abcd");
	buffer_clear(&value);
	authority_key_id_encode(BYTES_LITERAL("\xab\xcd"), &value);
	assert_string_equal(words_of(oid_authority_key_id, buffer_view(&value)), "abcd");
	buffer_done(&value);
	assert_string_equal(words_of(oid_ext_key_usage, hex("300e 06082b06010505070302 06022a03")),
			    "clientAuth, 1.2.3");
	assert_string_equal(words_of(oid_subject_alt_name, hex("3009 820161 8704 0a000001")),
			    "dns:a, ip:10.0.0.1");
	assert_string_equal(words_of(oid_crl_distribution_points,
				     hex("300e 300c a00a a008 8602 6161 8602 6262")),
			    "aa, bb");
	assert_string_equal(
		words_of(oid_authority_info_access, hex("301e 300d 06082b06010505073001 860161"
							"     300d 06082b06010505073002 860162")),
		"OCSP a, CA b");
	assert_string_equal(words_of(oid_certificate_policies, hex("3006 3004 06022a03")), "1.2.3");
}

TEST(names_are_those_of_rfc_5280_or_numbers)
{
	struct buffer name = { 0 };

	extension_name(oid_subject_alt_name, &name);
	buffer_append_byte(&name, ' ');
	extension_name(BYTES_LITERAL("\x2a\x03"), &name);
	buffer_append_byte(&name, ' ');
	extension_name(BYTES_LITERAL("\x80"), &name);
	assert_string_equal(buffer_cstring(&name), "subjectAltName 1.2.3 80");
	buffer_done(&name);
}

TEST_MAIN(RUN(what_is_not_understood_is_shown_as_it_is), RUN(each_known_extension_is_said_in_words),
	  RUN(names_are_those_of_rfc_5280_or_numbers))
