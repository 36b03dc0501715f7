#include "test.h"

#include "openssl_x509v3.h"
#include "hex.h"
#include "pki/der.h"
#include "pki/extension.h"

#define VIEW(literal) BYTES_LITERAL(literal)

static bool parses(const char *hex, struct extensions *ret, struct error *err)
{
	static struct buffer der; /* the result points into it */

	buffer_done(&der);
	return extensions_parse(hex_into(&der, hex), ret, err);
}

TEST(cs_39_broken_lists_are_refused)
{
	static const char *const refused[] = {
		"",
		"3100",
		"3000 00",
		"30 02 3000",                                /* an extension of nothing */
		"30 07 3005 0603 551d0f",                    /* no value */
		"30 09 3007 0603 551d0f 0400",               /* an empty value */
		"30 09 3007 0600 0403 030101",               /* no OID */
		"30 0b 3009 0603 551d0f 0402 0500 00",       /* bytes behind */
		"30 0d 300b 0603 551d0f 01 01 01 0402 0500", /* critical is neither */
		"30 0a 3109 0603 551d0f 0402 0500",
		"30 0b 3009 0603 551d0f 0402 0500 0500",
	};
	struct extensions extensions = { .count = 77 };
	struct error err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		if (parses(refused[i], &extensions, &err))
			fail_msg("taken: %s", refused[i]);
		assert_int_equal(err.reason, REASON_EXTENSION_NOT_ALLOWED);
		assert_int_equal(extensions.count, 77);
	}
}

TEST(cs_39_the_same_extension_twice_is_refused)
{
	struct extensions extensions;
	struct error err = { 0 };

	EXPECT_REFUSED(parses("30 16 3009 0603 551d0f 0402 0500 3009 0603 551d0f 0402 0500",
			      &extensions, &err),
		       err, REASON_EXTENSION_NOT_ALLOWED);
	EXPECT_OK(parses("30 16 3009 0603 551d0f 0402 0500 3009 0603 551d0e 0402 0500", &extensions,
			 &err),
		  err);
	assert_int_equal(extensions.count, 2);
}

TEST(lists_are_bounded)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct extensions extensions;
	struct error err = { 0 };
	size_t begun = der_begin(&der, DER_SEQUENCE);

	for (unsigned char i = 0; i <= EXTENSIONS_MAX; i++)
		extension_write(&der, (struct bytes){ &i, 1 }, false, VIEW("\x05\x00"));
	der_end(&der, begun);
	EXPECT_REFUSED(extensions_parse(buffer_view(&der), &extensions, &err), err,
		       REASON_EXTENSION_NOT_ALLOWED);
}

TEST(extensions_go_there_and_back)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct extensions extensions;
	struct error err = { 0 };
	size_t begun = der_begin(&der, DER_SEQUENCE);

	extension_write(&der, oid_key_usage, true, VIEW("\x03\x02\x07\x80"));
	extension_write(&der, oid_subject_alt_name, false, VIEW("\x30\x03\x82\x01\x61"));
	der_end(&der, begun);
	EXPECT_OK(extensions_parse(buffer_view(&der), &extensions, &err), err);
	assert_int_equal(extensions.count, 2);
	assert_true(extensions_find(&extensions, oid_key_usage)->critical);
	assert_false(extensions_find(&extensions, oid_subject_alt_name)->critical);
	assert_int_equal(extensions_find(&extensions, oid_subject_alt_name)->value.len, 5);
	assert_null(extensions_find(&extensions, oid_basic_constraints));
}

TEST(an_explicit_false_is_let_pass)
{
	struct extensions extensions;
	struct error err = { 0 };

	EXPECT_OK(parses("30 0e 300c 0603 551d0f 010100 0402 0500", &extensions, &err), err);
	assert_false(extensions.items[0].critical);
}

/* -- key usage -- */

static bool parses_usage(const char *hex, unsigned int *ret)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	return key_usage_parse(hex_into(&value, hex), ret, NULL);
}

TEST(cs_36_odd_key_usages_are_refused)
{
	static const char *const refused[] = {
		"",
		"0300",
		"0301 01",
		"0302 08 80",
		"0302 07 81",
		"0304 00 000080",
		"0303 06 0040" /* bit 9 */,
		"0403 020780",
		"0302 0780 00",
	};
	unsigned int bits;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (parses_usage(refused[i], &bits))
			fail_msg("taken: %s", refused[i]);
	assert_true(parses_usage("0302 00 80", &bits) && bits == KU_DIGITAL_SIGNATURE);
	assert_true(parses_usage("0301 00", &bits) && bits == 0);
}

TEST(key_usage_is_written_as_openssl_writes_it)
{
	for (unsigned int bits = 0; bits < 1 << 9; bits++) {
		CLEANUP(buffer_done) struct buffer ours = { 0 };
		unsigned int read = 0;
		struct error err = { 0 };
		unsigned char *theirs = NULL;
		ASN1_BIT_STRING *string = ASN1_BIT_STRING_new();

		for (int bit = 0; bit < 9; bit++)
			if (bits & 1U << bit)
				ASN1_BIT_STRING_set_bit(string, bit, 1);
		int len = i2d_ASN1_BIT_STRING(string, &theirs);
		key_usage_encode(bits, &ours);
		assert_int_equal(ours.len, len);
		assert_memory_equal(ours.data, theirs, ours.len);
		EXPECT_OK(key_usage_parse(buffer_view(&ours), &read, &err), err);
		assert_int_equal(read, bits);
		ASN1_BIT_STRING_free(string);
		OPENSSL_free(theirs);
	}
}

TEST(key_usages_have_texts)
{
	assert_string_equal(key_usage_text(KU_DIGITAL_SIGNATURE), "digitalSignature");
	assert_string_equal(key_usage_text(KU_DECIPHER_ONLY), "decipherOnly");
	assert_null(key_usage_text((enum key_usage)(1 << 9)));
	assert_null(key_usage_text((enum key_usage)(KU_CRL_SIGN | KU_KEY_CERT_SIGN)));
	assert_int_equal(key_usage_by_text("keyCertSign"), KU_KEY_CERT_SIGN);
	assert_int_equal(key_usage_by_text("keycertsign"), 0);
}

/* -- basic constraints -- */

static bool parses_constraints(const char *hex, bool *ret_is_ca, int *ret_path_len)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	return basic_constraints_parse(hex_into(&value, hex), ret_is_ca, ret_path_len, NULL);
}

TEST(broken_basic_constraints_are_refused)
{
	static const char *const refused[] = {
		"",          "0500",    "3003 010101",        "3003 0201ff",
		"3002 0201", "3000 00", "3006 020100 0101ff", "3005 0203010203 00",
	};
	bool is_ca = false;
	int path_len;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (parses_constraints(refused[i], &is_ca, &path_len))
			fail_msg("taken: %s", refused[i]);
	assert_true(parses_constraints("3000", &is_ca, &path_len));
	assert_false(is_ca);
	assert_int_equal(path_len, -1);
	assert_true(parses_constraints("3006 0101ff 020103", &is_ca, &path_len));
	assert_true(is_ca);
	assert_int_equal(path_len, 3);
}

TEST(basic_constraints_are_der)
{
	CLEANUP(buffer_done) struct buffer leaf = { 0 };
	CLEANUP(buffer_done) struct buffer ca = { 0 };
	CLEANUP(buffer_done) struct buffer limited = { 0 };

	basic_constraints_encode(false, -1, &leaf);
	basic_constraints_encode(true, -1, &ca);
	basic_constraints_encode(true, 0, &limited);
	assert_true(bytes_equal(buffer_view(&leaf), VIEW("\x30\x00")));
	assert_true(bytes_equal(buffer_view(&ca), VIEW("\x30\x03\x01\x01\xff")));
	assert_true(bytes_equal(buffer_view(&limited), VIEW("\x30\x06\x01\x01\xff\x02\x01\x00")));
}

/* -- pointers and identifiers, held against OpenSSL -- */

TEST(openssl_reads_key_identifiers)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	authority_key_id_encode(VIEW("0123456789"), &value);
	const unsigned char *at = value.data;
	AUTHORITY_KEYID *id = d2i_AUTHORITY_KEYID(NULL, &at, (long)value.len);
	assert_non_null(id);
	assert_int_equal(id->keyid->length, 10);
	assert_null(id->issuer);
	AUTHORITY_KEYID_free(id);
}

TEST(openssl_reads_distribution_points)
{
	CLEANUP(buffer_done) struct buffer value = { 0 };

	crl_distribution_point_encode("http://va.example/ca.crl", &value);
	const unsigned char *at = value.data;
	CRL_DIST_POINTS *points = d2i_CRL_DIST_POINTS(NULL, &at, (long)value.len);
	assert_non_null(points);
	assert_int_equal(sk_DIST_POINT_num(points), 1);
	GENERAL_NAME *uri =
		sk_GENERAL_NAME_value(sk_DIST_POINT_value(points, 0)->distpoint->name.fullname, 0);
	assert_int_equal(uri->type, GEN_URI);
	assert_int_equal(uri->d.ia5->length, strlen("http://va.example/ca.crl"));
	CRL_DIST_POINTS_free(points);
}

TEST(openssl_reads_authority_information)
{
	CLEANUP(buffer_done) struct buffer both = { 0 };
	CLEANUP(buffer_done) struct buffer one = { 0 };

	authority_info_access_encode("http://va.example/ocsp", "http://va.example/ca", &both);
	const unsigned char *at = both.data;
	AUTHORITY_INFO_ACCESS *access = d2i_AUTHORITY_INFO_ACCESS(NULL, &at, (long)both.len);
	assert_non_null(access);
	assert_int_equal(sk_ACCESS_DESCRIPTION_num(access), 2);
	assert_int_equal(OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(access, 0)->method), NID_ad_OCSP);
	assert_int_equal(OBJ_obj2nid(sk_ACCESS_DESCRIPTION_value(access, 1)->method),
			 NID_ad_ca_issuers);
	AUTHORITY_INFO_ACCESS_free(access);

	authority_info_access_encode(NULL, "http://va.example/ca", &one);
	at = one.data;
	access = d2i_AUTHORITY_INFO_ACCESS(NULL, &at, (long)one.len);
	assert_int_equal(sk_ACCESS_DESCRIPTION_num(access), 1);
	AUTHORITY_INFO_ACCESS_free(access);
}

TEST(oids_are_the_ones_they_are_called)
{
	static const struct {
		const struct bytes *oid;
		int nid;
	} rows[] = {
		{ &oid_basic_constraints, NID_basic_constraints },
		{ &oid_key_usage, NID_key_usage },
		{ &oid_ext_key_usage, NID_ext_key_usage },
		{ &oid_subject_alt_name, NID_subject_alt_name },
		{ &oid_subject_key_id, NID_subject_key_identifier },
		{ &oid_authority_key_id, NID_authority_key_identifier },
		{ &oid_crl_distribution_points, NID_crl_distribution_points },
		{ &oid_authority_info_access, NID_info_access },
		{ &oid_certificate_policies, NID_certificate_policies },
		{ &oid_name_constraints, NID_name_constraints },
		{ &oid_server_auth, NID_server_auth },
		{ &oid_client_auth, NID_client_auth },
		{ &oid_code_signing, NID_code_sign },
		{ &oid_email_protection, NID_email_protect },
		{ &oid_time_stamping, NID_time_stamp },
		{ &oid_ocsp_signing, NID_OCSP_sign },
		{ &oid_cmc_ra, NID_cmcRA },
		{ &oid_any_ext_key_usage, NID_anyExtendedKeyUsage },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buffer_done) struct buffer der = { 0 };

		der_write_oid(&der, *rows[i].oid);
		const unsigned char *at = der.data;
		ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &at, (long)der.len);
		assert_int_equal(OBJ_obj2nid(object), rows[i].nid);
		ASN1_OBJECT_free(object);
	}
}

TEST_MAIN(RUN(cs_39_broken_lists_are_refused), RUN(cs_39_the_same_extension_twice_is_refused),
	  RUN(lists_are_bounded), RUN(extensions_go_there_and_back),
	  RUN(an_explicit_false_is_let_pass), RUN(cs_36_odd_key_usages_are_refused),
	  RUN(key_usage_is_written_as_openssl_writes_it), RUN(key_usages_have_texts),
	  RUN(broken_basic_constraints_are_refused), RUN(basic_constraints_are_der),
	  RUN(openssl_reads_key_identifiers), RUN(openssl_reads_distribution_points),
	  RUN(openssl_reads_authority_information), RUN(oids_are_the_ones_they_are_called))
