#include "cert_maker.h"

static struct error err;
static struct private_key *key;

static int make_key(void **state)
{
	(void)state;
	EXPECT_OK(private_key_generate(KEY_P256, 0, &key, &err), err);
	return 0;
}

static int free_key(void **state)
{
	(void)state;
	private_key_free(key);
	return 0;
}

static struct maker plain(void)
{
	return (struct maker){ .subject = "CN=device-1,O=Acme",
			       .issuer = "CN=Maker CA",
			       .key = key };
}

static void expect_refused(struct maker maker, const char *words)
{
	CLEANUP(buffer_done) struct buffer der = maker_encode(&maker);
	CLEANUP(cert_freep) struct cert *cert = NULL;

	EXPECT_REFUSED(cert_parse(buffer_view(&der), &cert, &err), err, REASON_CLIENT_CERT_INVALID);
	assert_null(cert);
	if (!strstr(err.detail, words))
		fail_msg("\"%s\" does not speak of \"%s\"", err.detail, words);
}

static void expect_extension_refused(struct bytes oid, struct bytes value, const char *words)
{
	struct maker maker = plain();

	maker_extension(&maker, oid, false, value);
	expect_refused(maker, words);
}

/* One with everything that is read. */
static struct maker rich(void)
{
	CLEANUP(buffer_done) struct buffer names = { 0 };
	struct maker maker = plain();

	maker_general_name(&names, 0x82, BYTES_LITERAL("device-1.example"));
	maker_general_name(&names, 0x87, BYTES_LITERAL("\xc0\x00\x02\x01"));
	maker_san(&maker, buffer_view(&names));
	maker_key_usage(&maker, KU_DIGITAL_SIGNATURE);
	maker_ext_key_usage(&maker, oid_client_auth);
	maker_key_ids(&maker, BYTES_LITERAL("own"), BYTES_LITERAL("issuer"));
	return maker;
}

/* -- refusals -- */

TEST(truncated_at_every_offset)
{
	struct maker maker = rich();
	CLEANUP(buffer_done) struct buffer whole = maker_encode(&maker);

	for (size_t len = 0; len < whole.len; len++) {
		CLEANUP(buffer_done) struct buffer cut = { 0 };
		CLEANUP(cert_freep) struct cert *cert = NULL;

		buffer_append(&cut, (struct bytes){ whole.data, len });
		EXPECT_REFUSED(cert_parse(buffer_view(&cut), &cert, &err), err,
			       REASON_CLIENT_CERT_INVALID);
	}
}

/* What still parses must have another fingerprint and a signature that is wrong. */
TEST(one_changed_byte_is_noticed)
{
	struct maker maker = rich();
	CLEANUP(buffer_done) struct buffer der = maker_encode(&maker);
	CLEANUP(public_key_freep) struct public_key *public = NULL;

	EXPECT_OK(private_key_public(key, &public, &err), err);
	for (size_t at = 0; at < der.len; at++)
		for (unsigned int bit = 0; bit < 8; bit++) {
			CLEANUP(cert_freep) struct cert *cert = NULL;

			der.data[at] ^= (unsigned char)(1u << bit);
			if (cert_parse(buffer_view(&der), &cert, &err) &&
			    public_key_verify(public, cert_signature_algorithm(cert),
					      cert_tbs(cert), cert_signature(cert)))
				fail_msg("byte %zu changed and the signature holds", at);
			der.data[at] ^= (unsigned char)(1u << bit);
		}
}

TEST(bytes_after_and_too_many)
{
	struct maker maker = rich();
	CLEANUP(buffer_done) struct buffer der = maker_encode(&maker);
	CLEANUP(cert_freep) struct cert *cert = NULL;

	buffer_append_byte(&der, 0);
	EXPECT_REFUSED(cert_parse(buffer_view(&der), &cert, &err), err, REASON_CLIENT_CERT_INVALID);

	CLEANUP(buffer_done) struct buffer huge = { 0 };
	assert_non_null(buffer_reserve(&huge, CERT_MAX + 1));
	memset(huge.data, 0, huge.len);
	EXPECT_REFUSED(cert_parse(buffer_view(&huge), &cert, &err), err,
		       REASON_CLIENT_CERT_INVALID);
}

TEST(versions)
{
	struct maker four = plain(), explicit_one = plain(), negative = plain();

	four.version = BYTES_LITERAL("\xa0\x03\x02\x01\x03");
	expect_refused(four, "version");
	explicit_one.version = BYTES_LITERAL("\xa0\x03\x02\x01\x00");
	expect_refused(explicit_one, "version");
	negative.version = BYTES_LITERAL("\xa0\x03\x02\x01\xff");
	expect_refused(negative, "version");
}

/* RFC 5280 4.1.2.9: extensions make it version 3. */
TEST(extensions_below_version_3)
{
	struct maker one = rich(), two = rich();

	one.version = (struct bytes){ (const unsigned char *)"", 0 };
	expect_refused(one, "TBSCertificate");
	two.version = BYTES_LITERAL("\xa0\x03\x02\x01\x01");
	expect_refused(two, "TBSCertificate");
}

TEST(serials_that_fit_nowhere)
{
	struct maker empty = plain(), twenty_one = plain();

	empty.serial = (struct bytes){ (const unsigned char *)"", 0 };
	expect_refused(empty, "serial");
	twenty_one.serial = BYTES_LITERAL("\x01zzzzzzzzzzzzzzzzzzzz");
	expect_refused(twenty_one, "serial");
}

TEST(cs_05_inner_and_outer_algorithm_differ)
{
	struct maker maker = plain();

	maker.outer_algorithm_der = signature_algorithm_der(SIGN_ECDSA_SHA384);
	expect_refused(maker, "differ");
}

TEST(malformed_extensions)
{
	struct maker twice = plain();

	maker_key_usage(&twice, KU_DIGITAL_SIGNATURE);
	maker_key_usage(&twice, KU_DIGITAL_SIGNATURE);
	expect_refused(twice, "repeats");
	expect_extension_refused(oid_key_usage, BYTES_LITERAL("\x04\x01\x80"), "");
	expect_extension_refused(oid_ext_key_usage, BYTES_LITERAL("\x30\x00"), "extKeyUsage");
	expect_extension_refused(oid_ext_key_usage, BYTES_LITERAL("\x30\x02\x05\x00"),
				 "extKeyUsage");
	expect_extension_refused(oid_basic_constraints, BYTES_LITERAL("\x30\x03\x01\x01\x01"), "");
	expect_extension_refused(oid_subject_key_id, BYTES_LITERAL("\x03\x01\x00"), "subjectKey");
	expect_extension_refused(oid_authority_key_id, BYTES_LITERAL("\x04\x01\x00"),
				 "authorityKey");
	expect_extension_refused(oid_authority_key_id, BYTES_LITERAL("\x30\x03\x80\x05x"),
				 "authorityKey");
}

/* -- what is read -- */

TEST(everything_is_read)
{
	struct maker maker = rich();
	CLEANUP(cert_freep) struct cert *cert = maker_parse(&maker);
	CLEANUP(public_key_freep) struct public_key *public = NULL;

	EXPECT_OK(private_key_public(key, &public, &err), err);
	assert_string_equal(name_find(cert_subject(cert), NAME_COMMON_NAME), "device-1");
	assert_string_equal(name_find(cert_issuer(cert), NAME_COMMON_NAME), "Maker CA");
	assert_int_equal(cert_not_before(cert), MAKER_NOW - MAKER_DAY);
	assert_int_equal(cert_not_after(cert), MAKER_NOW + 365 * MAKER_DAY);
	assert_true(bytes_equal(cert_serial(cert), BYTES_LITERAL("\x01")));
	assert_int_equal(cert_signature_algorithm(cert), SIGN_ECDSA_SHA256);
	assert_false(cert_signature_is_weak(cert));
	assert_true(bytes_equal(cert_spki(cert), public_key_spki(public)));
	assert_memory_equal(cert_key_hash(cert), public_key_hash(public), KEY_HASH_LEN);
	assert_int_equal(cert_san(cert)->count, 2);
	assert_string_equal(cert_san(cert)->entries[1].value, "192.0.2.1");
	assert_false(cert_san_is_unreadable(cert));
	assert_true(bytes_equal(cert_subject_key_id(cert), BYTES_LITERAL("own")));
	assert_true(bytes_equal(cert_authority_key_id(cert), BYTES_LITERAL("issuer")));
	assert_true(cert_has_key_usage(cert));
	assert_int_equal(cert_key_usage(cert), KU_DIGITAL_SIGNATURE);
	assert_true(cert_has_ext_key_usage(cert));
	assert_true(cert_ext_key_usage_holds(cert, oid_client_auth));
	assert_false(cert_ext_key_usage_holds(cert, oid_server_auth));
	assert_false(cert_is_ca(cert));
	assert_int_equal(cert_path_len(cert), -1);
	assert_false(cert_is_self_issued(cert));
	assert_false(cert_has_name_constraints(cert));
	assert_int_equal(cert_extensions(cert)->count, 5);
	assert_non_null(cert_key(cert));
	assert_true(public_key_verify(cert_key(cert), SIGN_ECDSA_SHA256, cert_tbs(cert),
				      cert_signature(cert)));
}

TEST(what_is_absent_is_empty)
{
	struct maker maker = plain();
	maker.version = (struct bytes){ (const unsigned char *)"", 0 }; /* version 1 */
	CLEANUP(cert_freep) struct cert *cert = maker_parse(&maker);

	assert_int_equal(cert_san(cert)->count, 0);
	assert_int_equal(cert_subject_key_id(cert).len, 0);
	assert_int_equal(cert_authority_key_id(cert).len, 0);
	assert_false(cert_has_key_usage(cert));
	assert_false(cert_has_ext_key_usage(cert));
	assert_false(cert_is_ca(cert));
	assert_int_equal(cert_extensions(cert)->count, 0);
}

TEST(ca_needs_basic_constraints_and_key_cert_sign)
{
	struct maker with = plain(), without = plain(), silent = plain(), usage_only = plain();

	maker_ca(&with, 3);
	maker_key_usage(&with, KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	maker_ca(&without, -1);
	maker_key_usage(&without, KU_DIGITAL_SIGNATURE);
	maker_ca(&silent, 0);
	maker_key_usage(&usage_only, KU_KEY_CERT_SIGN);
	CLEANUP(cert_freep) struct cert *ca = maker_parse(&with);
	CLEANUP(cert_freep) struct cert *no_right = maker_parse(&without);
	CLEANUP(cert_freep) struct cert *no_usage = maker_parse(&silent);
	CLEANUP(cert_freep) struct cert *no_constraints = maker_parse(&usage_only);

	assert_true(cert_is_ca(ca));
	assert_int_equal(cert_path_len(ca), 3);
	assert_false(cert_is_ca(no_right));
	assert_true(cert_is_ca(no_usage));
	assert_int_equal(cert_path_len(no_usage), 0);
	assert_false(cert_is_ca(no_constraints));
}

TEST(manufacturers_write_odd_things)
{
	static const struct bytes serials[] = {
		BYTES_LITERAL("\x00"),
		BYTES_LITERAL("\xff"),
		BYTES_LITERAL("\x80zzzzzzzzzzzzzzzzzzz"),
	};
	for (size_t i = 0; i < ARRAY_LEN(serials); i++) {
		struct maker maker = plain();
		maker.serial = serials[i];
		CLEANUP(cert_freep) struct cert *cert = maker_parse(&maker);

		assert_true(bytes_equal(cert_serial(cert), serials[i]));
	}

	struct maker maker = plain();
	maker.subject = NULL; /* a CN that is Teletex with 0xe9, and one with a line break */
	maker.subject_der =
		BYTES_LITERAL("\x30\x1b\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x14\x03\x41\xe9\x42"
			      "\x31\x0b\x30\x09\x06\x03\x55\x04\x0b\x0c\x02\x41\x0a");
	maker_extension(&maker, BYTES_LITERAL("\x2a\x03\x04"), true, BYTES_LITERAL("\x05\x00"));
	CLEANUP(cert_freep) struct cert *cert = maker_parse(&maker);
	assert_string_equal(name_find(cert_subject(cert), NAME_COMMON_NAME), "A\xc3\xa9"
									     "B");
	assert_string_equal(name_find(cert_subject(cert), NAME_ORGANIZATIONAL_UNIT), "A?");
	assert_true(cert_extensions(cert)->items[0].critical);
}

TEST(a_broken_san_is_remembered)
{
	struct maker maker = plain();
	maker_extension(&maker, oid_subject_alt_name, false, BYTES_LITERAL("\x30\x02\x82\x05"));
	CLEANUP(cert_freep) struct cert *cert = maker_parse(&maker);

	assert_true(cert_san_is_unreadable(cert));
	assert_int_equal(cert_san(cert)->count, 0);
}

TEST(an_unsound_key_is_told_on_demand)
{
	CLEANUP(public_key_freep) struct public_key *public = NULL;
	CLEANUP(buffer_done) struct buffer spki = { 0 };
	struct maker maker = plain();

	EXPECT_OK(private_key_public(key, &public, &err), err);
	buffer_append(&spki, public_key_spki(public));
	spki.data[spki.len - 1] ^= 1; /* off the curve */
	maker.spki = buffer_view(&spki);
	CLEANUP(cert_freep) struct cert *cert = maker_parse(&maker);

	assert_null(cert_key(cert));
	EXPECT_REFUSED(cert_check_key(cert, &err), err, REASON_KEY_INVALID);
	EXPECT_REFUSED(cert_check_key(cert, &err), err, REASON_KEY_INVALID); /* and remembered */
}

TEST(cl_20_weak_algorithms_are_told_apart)
{
	struct maker sha1 = plain(), sha224 = plain();

	sha1.algorithm_der = BYTES_LITERAL("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01");
	sha224.algorithm_der = BYTES_LITERAL("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x01");
	CLEANUP(cert_freep) struct cert *weak = maker_parse(&sha1);
	CLEANUP(cert_freep) struct cert *unknown = maker_parse(&sha224);

	assert_true(cert_signature_is_weak(weak));
	assert_int_equal(cert_signature_algorithm(weak), SIGN_COUNT);
	assert_false(cert_signature_is_weak(unknown));
	assert_int_equal(cert_signature_algorithm(unknown), SIGN_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(truncated_at_every_offset),
		RUN(one_changed_byte_is_noticed),
		RUN(bytes_after_and_too_many),
		RUN(versions),
		RUN(extensions_below_version_3),
		RUN(serials_that_fit_nowhere),
		RUN(cs_05_inner_and_outer_algorithm_differ),
		RUN(malformed_extensions),
		RUN(everything_is_read),
		RUN(what_is_absent_is_empty),
		RUN(ca_needs_basic_constraints_and_key_cert_sign),
		RUN(manufacturers_write_odd_things),
		RUN(a_broken_san_is_remembered),
		RUN(an_unsound_key_is_told_on_demand),
		RUN(cl_20_weak_algorithms_are_told_apart),
	};

	return cmocka_run_group_tests(tests, make_key, free_key);
}
