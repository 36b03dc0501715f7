#include "test.h"

#include "base/file.h"
#include "hex.h"
#include "pki/csr_attrs.h"
#include "pki/extension.h"

static const struct bytes no_value;

static struct csr_attrs nothing(void)
{
	struct csr_attrs attrs;

	csr_attrs_init(&attrs);
	return attrs;
}

static void expect_encoded(const struct csr_attrs *attrs, const char *hex)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(buffer_done) struct buffer want = { 0 };
	struct error err = { 0 };
	struct csr_attrs back;

	EXPECT_OK(csr_attrs_encode(attrs, &der, &err), err);
	assert_true(bytes_equal(buffer_view(&der), hex_into(&want, hex)));
	EXPECT_OK(csr_attrs_parse(buffer_view(&der), &back, &err), err);
	assert_int_equal(back.challenge_password, attrs->challenge_password);
	assert_int_equal(back.key_type, attrs->key_type);
	assert_int_equal(back.key_bits, attrs->key_bits);
	assert_int_equal(back.extension_count, attrs->extension_count);
	assert_int_equal(back.signature, attrs->signature);
}

TEST(att_03_the_example_of_rfc_8951_comes_out_byte_for_byte)
{
	struct csr_attrs attrs = nothing();

	attrs.challenge_password = true;
	attrs.key_type = KEY_P384;
	attrs.signature = SIGN_ECDSA_SHA384;
	assert_true(csr_attrs_wish_extension(&attrs, BYTES_LITERAL("\x2b\x06\x01\x01\x01\x01\x16"),
					     false, no_value));
	expect_encoded(&attrs, "30 41 06 09 2a 86 48 86 f7 0d 01 09 07 30 12 06 07 2a 86 48 ce 3d"
			       "02 01 31 07 06 05 2b 81 04 00 22 30 16 06 09 2a 86 48 86 f7 0d 01"
			       "09 0e 31 09 06 07 2b 06 01 01 01 01 16 06 08 2a 86 48 ce 3d 04 03"
			       "03");
}

TEST(att_01_nothing_wanted_is_an_empty_sequence)
{
	struct csr_attrs attrs = nothing();

	expect_encoded(&attrs, "3000");
}

TEST(att_03_keys_are_attributes_with_their_parameters)
{
	struct csr_attrs attrs = nothing();

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
	struct csr_attrs attrs = nothing();

	assert_true(csr_attrs_wish_extension(&attrs, oid_ext_key_usage, false, no_value));
	assert_true(csr_attrs_wish_extension(&attrs, oid_subject_alt_name, false, no_value));
	expect_encoded(&attrs, "30 19 3017 0609 2a864886f70d01090e 310a 0603 551d11 0603 551d25");
}

/* RFC 9908 3.2: exactly one Extensions, with their values. */
TEST(att_04_extensions_with_values_are_one_extensions)
{
	struct csr_attrs attrs = nothing();

	assert_true(csr_attrs_wish_extension(&attrs, oid_basic_constraints, false,
					     BYTES_LITERAL("\x30\x00")));
	assert_true(csr_attrs_wish_extension(&attrs, oid_key_usage, true,
					     BYTES_LITERAL("\x03\x02\x07\x80")));
	expect_encoded(&attrs, "302c302a06092a864886f70d01090e311d301b30090603551d1304023000"
			       "300e0603551d0f0101ff040403020780");
}

TEST(att_09_a_list_that_libest_cannot_read_is_refused)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct csr_attrs attrs = nothing();
	struct error err = { 0 };

	for (size_t i = 0; i < EXTENSIONS_MAX; i++)
		assert_true(csr_attrs_wish_extension(
			&attrs,
			BYTES_LITERAL("\x2a\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03"
				      "\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03\x03"),
			false, no_value));
	EXPECT_REFUSED(csr_attrs_encode(&attrs, &der, &err), err, REASON_INVALID);
	assert_false(csr_attrs_wish_extension(&attrs, oid_key_usage, false, no_value));
}

/* -- the template -- */

/* The example of RFC 9908 section 3.4, in its words: a common name to be filled in and two
 * organizational units, a key on P-256, a SAN to be filled in, a critical key usage, and extended
 * ones to be filled in. */
#define TEMPLATE_OID "060b 2a864886f70d010910023d"
static const char example[] = "30818f30818c060b2a864886f70d010910023d317d307b020100302c3107"
			      "30050603550403310f300d060355040b0c066d79446570743110300e0603"
			      "55040b0c076d7947726f7570a015301306072a8648ce3d020106082a8648"
			      "ce3d030107a131302f060b2a864886f70d010910023e3120301e30050603"
			      "551d11300e0603551d0f0101ff04040302038830050603551d25";

static struct csr_attrs example_attrs(void)
{
	struct csr_attrs attrs = nothing();

	attrs.key_type = KEY_P256;
	assert_true(csr_attrs_wish_name(&attrs, NAME_COMMON_NAME, NULL));
	assert_true(csr_attrs_wish_name(&attrs, NAME_ORGANIZATIONAL_UNIT, "myDept"));
	assert_true(csr_attrs_wish_name(&attrs, NAME_ORGANIZATIONAL_UNIT, "myGroup"));
	assert_true(csr_attrs_wish_extension(&attrs, oid_subject_alt_name, false, no_value));
	assert_true(csr_attrs_wish_extension(&attrs, oid_key_usage, true,
					     BYTES_LITERAL("\x03\x02\x03\x88")));
	assert_true(csr_attrs_wish_extension(&attrs, oid_ext_key_usage, false, no_value));
	return attrs;
}

TEST(att_05_a_template_comes_out_byte_for_byte)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(buffer_done) struct buffer want = { 0 };
	struct csr_attrs attrs = example_attrs(), back;
	struct error err = { 0 };

	EXPECT_OK(csr_attrs_encode_template(&attrs, &der, &err), err);
	assert_true(bytes_equal(buffer_view(&der), hex_into(&want, example)));
	EXPECT_OK(csr_attrs_parse(buffer_view(&der), &back, &err), err);
	assert_int_equal(back.subject_count, 3);
	assert_null(back.subject[0].value.data);
	assert_true(bytes_equal(back.subject[1].value, BYTES_LITERAL("myDept")));
	assert_int_equal(back.subject[1].tag, 0x0c);
	assert_int_equal(back.key_type, KEY_P256);
	assert_int_equal(back.extension_count, 3);
	assert_null(back.extensions[0].value.data);
	assert_true(back.extensions[1].critical);
	assert_int_equal(back.extensions[1].value.len, 4);
}

TEST(att_05_keys_of_every_type_are_told)
{
	for (enum key_type type = KEY_RSA; type < KEY_TYPE_COUNT; type++) {
		CLEANUP(buffer_done) struct buffer der = { 0 };
		struct csr_attrs attrs = nothing(), back;
		struct error err = { 0 };

		attrs.key_type = type;
		attrs.key_bits = type == KEY_RSA ? 3072 : 0;
		EXPECT_OK(csr_attrs_encode_template(&attrs, &der, &err), err);
		EXPECT_OK(csr_attrs_parse(buffer_view(&der), &back, &err), err);
		assert_int_equal(back.key_type, type);
		assert_int_equal(back.key_bits, attrs.key_bits);
	}
}

/* Another server may write any number. */
TEST(a_size_that_no_key_has_is_not_told)
{
	static const unsigned int odd[] = { 1, 7, 511, 16385, INT32_MAX };

	for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
		CLEANUP(buffer_done) struct buffer der = { 0 };
		struct csr_attrs attrs = nothing(), back;
		struct error err = { 0 };

		attrs.key_type = KEY_RSA;
		attrs.key_bits = odd[i];
		EXPECT_OK(csr_attrs_encode_template(&attrs, &der, &err), err);
		EXPECT_OK(csr_attrs_parse(buffer_view(&der), &back, &err), err);
		assert_int_equal(back.key_type, KEY_RSA);
		assert_int_equal(back.key_bits, 0);
	}
}

/* RFC 9908 3.4: the template's own request only where a value is missing. */
TEST(att_05_known_extensions_are_an_ordinary_request)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(buffer_done) struct buffer want = { 0 };
	struct csr_attrs attrs = nothing();
	struct error err = { 0 };

	attrs.challenge_password = true;
	assert_true(csr_attrs_wish_extension(&attrs, oid_basic_constraints, false,
					     BYTES_LITERAL("\x30\x00")));
	EXPECT_OK(csr_attrs_encode_template(&attrs, &der, &err), err);
	hex_into(&want, "303f06092a864886f70d0109073032060b2a864886f70d010910023d3123"
			"3021020100a11c301a06092a864886f70d01090e310d300b30090603551d"
			"1304023000");
	assert_true(bytes_equal(buffer_view(&der), buffer_view(&want)));
}

TEST(att_06_where_a_template_is_it_alone_is_read)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct csr_attrs list = nothing(), template = example_attrs(), back;
	struct error err = { 0 };

	list.challenge_password = true;
	list.key_type = KEY_P521;
	list.signature = SIGN_ECDSA_SHA512;
	assert_true(csr_attrs_wish_extension(&list, oid_basic_constraints, false, no_value));
	EXPECT_OK(csr_attrs_encode_both(&list, &template, &der, &err), err);
	EXPECT_OK(csr_attrs_parse(buffer_view(&der), &back, &err), err);
	assert_int_equal(back.key_type, KEY_P256);
	assert_int_equal(back.extension_count, 3);
	assert_int_equal(back.signature, SIGN_COUNT);
	/* which no template can ask for */
	assert_true(back.challenge_password);
}

static bool reads(const char *hex, struct csr_attrs *ret)
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
		/* extensionRequest: twice, an empty list, an extension twice, two lists */
		"3028 3012 0609 2a864886f70d01090e 3105 0603 551d11"
		"3012 0609 2a864886f70d01090e 3105 0603 551d25",
		"3011 300f 0609 2a864886f70d01090e 3102 3000",
		"3023 3021 0609 2a864886f70d01090e 3114 3012"
		"3007 0603 551d11 0400 3007 0603 551d11 0400",
		"3021 301f 0609 2a864886f70d01090e 3112"
		"3007 3005 0603 551d11 3007 3005 0603 551d25",
		/* templates: bare, empty, of another version, without attributes, two */
		"300d 060b 2a864886f70d010910023d",
		"3011 300f " TEMPLATE_OID "3100",
		"3018 3016 " TEMPLATE_OID "3107 3005 020101 a100",
		"3016 3014 " TEMPLATE_OID "3105 3003 020100",
		"3030 3016 " TEMPLATE_OID "3107 3005 020100 a100"
		"3016 " TEMPLATE_OID "3107 3005 020100 a100",
		/* a subject with an empty RDN, and with an attribute of two values */
		"301c 301a " TEMPLATE_OID "310b 3009 020100 3002 3100 a100",
		"3026 3024 " TEMPLATE_OID
		"3115 3013 020100 300c 310a 3008 0603 550403 0500 0500 a100",
		/* something after the attributes */
		"301a 3018 " TEMPLATE_OID "3109 3007 020100 a100 0500",
	};
	struct csr_attrs attrs;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (reads(refused[i], &attrs))
			fail_msg("taken: %s", refused[i]);
	assert_true(reads("3000", &attrs));
	assert_true(reads("3009 3007 0603 2b6570 3100", &attrs));
	assert_true(reads("3018 3016 " TEMPLATE_OID "3107 3005 020100 a100", &attrs));
}

TEST(att_02_lists_of_other_servers_are_read_and_written_as_they_were)
{
	static const struct {
		const char *file;
		size_t count, names;
		enum key_type key_type;
		unsigned int key_bits;
		enum signature_algorithm signature;
	} rows[] = {
		{ "/csrattrs/harkins01.csrattr.der", 3, 0, KEY_RSA, 4096, SIGN_RSA_SHA256 },
		{ "/csrattrs/harkins02.csrattr.der", 4, 1, KEY_P384, 0, SIGN_ECDSA_SHA384 },
		{ "/csrattrs/harkins03.csrattr.der", 6, 1, KEY_P521, 0, SIGN_ECDSA_SHA512 },
		{ "/csrattrs/rfc7030-example01.csrattr.der", 4, 0, KEY_P384, 0, SIGN_ECDSA_SHA384 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buffer_done) struct buffer path = { 0 };
		CLEANUP(buffer_done) struct buffer der = { 0 };
		CLEANUP(buffer_done) struct buffer back = { 0 };
		struct csr_attr_list list;
		struct csr_attrs attrs;
		struct error err = { 0 };

		buffer_printf(&path, "%s%s", TEST_VECTORS, rows[i].file);
		EXPECT_OK(file_load(buffer_cstring(&path), 4096, &der, &err), err);
		EXPECT_OK(csr_attr_list_parse(buffer_view(&der), &list, &err), err);
		assert_int_equal(list.count, rows[i].count);
		csr_attr_list_write(&list, &back);
		assert_true(bytes_equal(buffer_view(&back), buffer_view(&der)));
		EXPECT_OK(csr_attrs_parse(buffer_view(&der), &attrs, &err), err);
		assert_true(attrs.challenge_password);
		assert_int_equal(attrs.subject_count, rows[i].names);
		assert_int_equal(attrs.key_type, rows[i].key_type);
		assert_int_equal(attrs.key_bits, rows[i].key_bits);
		assert_int_equal(attrs.signature, rows[i].signature);
	}
}

TEST(a_csr_is_no_csr_attrs)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct csr_attrs attrs;
	struct error err = { 0 };

	EXPECT_OK(file_load(TEST_VECTORS "/csrattrs/CSR-template.der", 4096, &der, &err), err);
	EXPECT_REFUSED(csr_attrs_parse(buffer_view(&der), &attrs, &err), err, REASON_CSR_MALFORMED);
}

TEST_MAIN(RUN(att_03_the_example_of_rfc_8951_comes_out_byte_for_byte),
	  RUN(att_01_nothing_wanted_is_an_empty_sequence),
	  RUN(att_03_keys_are_attributes_with_their_parameters),
	  RUN(att_04_extensions_share_one_attribute_in_der_order),
	  RUN(att_04_extensions_with_values_are_one_extensions),
	  RUN(att_09_a_list_that_libest_cannot_read_is_refused),
	  RUN(att_05_a_template_comes_out_byte_for_byte), RUN(att_05_keys_of_every_type_are_told),
	  RUN(a_size_that_no_key_has_is_not_told),
	  RUN(att_05_known_extensions_are_an_ordinary_request),
	  RUN(att_06_where_a_template_is_it_alone_is_read), RUN(what_is_no_csr_attrs_is_refused),
	  RUN(att_02_lists_of_other_servers_are_read_and_written_as_they_were),
	  RUN(a_csr_is_no_csr_attrs))
