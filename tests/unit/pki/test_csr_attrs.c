#include "test.h"

#include "base/file.h"
#include "hex.h"
#include "pki/csr_attrs.h"
#include "pki/extension.h"

#define NOTHING                                                                                    \
	{                                                                                          \
		.key_type = KEY_TYPE_COUNT, .signature = SIGN_COUNT                                \
	}

static void expect_encoded(const struct csr_attrs *attrs, const char *hex)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(buffer_done) struct buffer want = { 0 };
	struct error err = { 0 };
	size_t count;

	EXPECT_OK(csr_attrs_encode(attrs, &der, &err), err);
	assert_true(bytes_equal(buffer_view(&der), hex_into(&want, hex)));
	EXPECT_OK(csr_attrs_parse(buffer_view(&der), &count, &err), err);
}

TEST(att_03_the_example_of_rfc_8951_comes_out_byte_for_byte)
{
	static const struct bytes mac_address[] = { BYTES_LITERAL("\x2b\x06\x01\x01\x01\x01\x16") };
	struct csr_attrs attrs = {
		.challenge_password = true,
		.extensions = mac_address,
		.extension_count = 1,
		.key_type = KEY_P384,
		.signature = SIGN_ECDSA_SHA384,
	};

	expect_encoded(&attrs, "30 41 06 09 2a 86 48 86 f7 0d 01 09 07 30 12 06 07 2a 86 48 ce 3d"
			       "02 01 31 07 06 05 2b 81 04 00 22 30 16 06 09 2a 86 48 86 f7 0d 01"
			       "09 0e 31 09 06 07 2b 06 01 01 01 01 16 06 08 2a 86 48 ce 3d 04 03"
			       "03");
}

TEST(att_01_nothing_wanted_is_an_empty_sequence)
{
	expect_encoded(&(struct csr_attrs)NOTHING, "3000");
}

TEST(att_03_keys_are_attributes_with_their_parameters)
{
	struct csr_attrs attrs = NOTHING;

	attrs.key_type = KEY_RSA;
	attrs.key_bits = 3072;
	expect_encoded(&attrs, "30 13 3011 0609 2a864886f70d010101 3104 02020c00");
	attrs.key_bits = 0;
	expect_encoded(&attrs, "30 0b 0609 2a864886f70d010101");
	attrs.key_type = KEY_P256;
	expect_encoded(&attrs, "30 17 3015 0607 2a8648ce3d0201 310a 0608 2a8648ce3d030107");
	attrs.key_type = KEY_P521;
	expect_encoded(&attrs, "30 14 3012 0607 2a8648ce3d0201 3107 0605 2b81040023");
	attrs.key_type = KEY_ED25519;
	attrs.signature = SIGN_ED25519;
	expect_encoded(&attrs, "30 0a 0603 2b6570 0603 2b6570");
}

TEST(att_04_extensions_share_one_attribute_in_der_order)
{
	struct csr_attrs attrs = NOTHING;
	struct bytes wanted[] = { oid_ext_key_usage, oid_subject_alt_name };

	attrs.extensions = wanted;
	attrs.extension_count = 2;
	expect_encoded(&attrs, "30 19 3017 0609 2a864886f70d01090e 310a 0603 551d11 0603 551d25");
}

TEST(att_09_a_list_that_libest_cannot_read_is_refused)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct csr_attrs attrs = NOTHING;
	struct bytes wanted[EXTENSIONS_MAX + 1];
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
		wanted[i] =
			BYTES_LITERAL("\x2a\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03"
				      "\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03");
	attrs.extensions = wanted;
	attrs.extension_count = EXTENSIONS_MAX;
	EXPECT_REFUSED(csr_attrs_encode(&attrs, &der, &err), err, REASON_INVALID);
	attrs.extension_count = EXTENSIONS_MAX + 1;
	EXPECT_REFUSED(csr_attrs_encode(&attrs, &der, &err), err, REASON_INVALID);
}

static bool counts(const char *hex, size_t *ret)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	bool parsed = csr_attrs_parse(hex_into(&der, hex), ret, &err);

	assert_true(parsed || err.reason == REASON_CSR_MALFORMED);
	return parsed;
}

TEST(what_is_no_csr_attrs_is_refused)
{
	static const char *const refused[] = {
		"",
		"3100",
		"3000 00",
		"3002 0500",
		"3002 3000",
		"3007 3005 0603 2b6570",
		"3009 3007 0603 2b6570 3000",
		"300b 3009 0603 2b6570 3100 0500",
		"3005 0603 2b65",
		"3080 0000",
	};
	size_t count;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (counts(refused[i], &count))
			fail_msg("taken: %s", refused[i]);
	assert_true(counts("3000", &count) && count == 0);
	assert_true(counts("3009 3007 0603 2b6570 3100", &count) && count == 1);
}

TEST(att_02_lists_of_other_servers_are_read)
{
	static const struct {
		const char *file;
		size_t count;
	} rows[] = {
		{ "/csrattrs/harkins01.csrattr.der", 3 },
		{ "/csrattrs/harkins02.csrattr.der", 4 },
		{ "/csrattrs/harkins03.csrattr.der", 6 },
		{ "/csrattrs/rfc7030-example01.csrattr.der", 4 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buffer_done) struct buffer path = { 0 };
		CLEANUP(buffer_done) struct buffer der = { 0 };
		struct error err = { 0 };
		size_t count = 0;

		buffer_printf(&path, "%s%s", TEST_VECTORS, rows[i].file);
		EXPECT_OK(file_load(buffer_cstring(&path), 4096, &der, &err), err);
		EXPECT_OK(csr_attrs_parse(buffer_view(&der), &count, &err), err);
		assert_int_equal(count, rows[i].count);
	}
}

TEST(a_csr_is_no_csr_attrs)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	size_t count;

	EXPECT_OK(file_load(TEST_VECTORS "/csrattrs/CSR-template.der", 4096, &der, &err), err);
	EXPECT_REFUSED(csr_attrs_parse(buffer_view(&der), &count, &err), err, REASON_CSR_MALFORMED);
}

TEST_MAIN(RUN(att_03_the_example_of_rfc_8951_comes_out_byte_for_byte),
	  RUN(att_01_nothing_wanted_is_an_empty_sequence),
	  RUN(att_03_keys_are_attributes_with_their_parameters),
	  RUN(att_04_extensions_share_one_attribute_in_der_order),
	  RUN(att_09_a_list_that_libest_cannot_read_is_refused),
	  RUN(what_is_no_csr_attrs_is_refused), RUN(att_02_lists_of_other_servers_are_read),
	  RUN(a_csr_is_no_csr_attrs))
