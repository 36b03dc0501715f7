/* wrap: malloc calloc realloc */
#include "starvation.h"
#include "vector.h"

#include <pthread.h>
#include <string.h>

#include "pki/bundle.h"
#include "pki/csr.h"
#include "pki/der.h"
#include "pki/key.h"

static struct error err;
static const struct bytes message = BYTES_LITERAL("what is signed");

/* -- keys to test with, made once -- */

static struct private_key *keys[KEY_TYPE_COUNT];

static int make_keys(void **state)
{
	(void)state;
	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++)
		EXPECT_OK(private_key_generate(type, 2048, &keys[type], &err), err);
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++)
		private_key_free(keys[type]);
	return 0;
}

static struct public_key *public_of(enum key_type type)
{
	struct public_key *public = NULL;

	EXPECT_OK(private_key_public(keys[type], &public, &err), err);
	return public;
}

static bool fits(enum signature_algorithm algorithm, enum key_type type)
{
	switch (type) {
	case KEY_RSA:
		return algorithm <= SIGN_RSA_SHA512 || algorithm >= SIGN_RSA_PSS_SHA256;
	case KEY_P256:
	case KEY_P384:
	case KEY_P521:
		return algorithm >= SIGN_ECDSA_SHA256 && algorithm <= SIGN_ECDSA_SHA512;
	case KEY_ED25519:
		return algorithm == SIGN_ED25519;
	case KEY_TYPE_COUNT:
		break;
	}
	return false;
}

/* -- refusals -- */

TEST(cs_01_truncated_public_keys)
{
	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++) {
		CLEANUP(public_key_freep) struct public_key *whole = public_of(type);
		struct bytes spki = public_key_spki(whole);

		for (size_t len = 0; len < spki.len; len++) {
			CLEANUP(buffer_done) struct buffer cut = { 0 };
			CLEANUP(public_key_freep) struct public_key *key = NULL;

			buffer_append(&cut, (struct bytes){ spki.data, len });
			EXPECT_REFUSED(public_key_parse(buffer_view(&cut), &key, &err), err,
				       REASON_KEY_INVALID);
		}
	}
}

TEST(cs_03_bytes_after_the_public_key)
{
	CLEANUP(public_key_freep) struct public_key *whole = public_of(KEY_P256);
	CLEANUP(public_key_freep) struct public_key *key = NULL;
	CLEANUP(buffer_done) struct buffer longer = { 0 };

	buffer_append(&longer, public_key_spki(whole));
	buffer_append_byte(&longer, 0);
	EXPECT_REFUSED(public_key_parse(buffer_view(&longer), &key, &err), err, REASON_KEY_INVALID);
}

TEST(cs_16_a_point_off_its_curve_is_found_by_arithmetic_alone)
{
	for (enum key_type type = KEY_P256; type <= KEY_P521; type++) {
		CLEANUP(public_key_freep) struct public_key *whole = public_of(type);
		CLEANUP(public_key_freep) struct public_key *key = NULL;
		CLEANUP(buffer_done) struct buffer off = { 0 };

		buffer_append(&off, public_key_spki(whole));
		off.data[off.len - 1] ^= 1;
		EXPECT_REFUSED(public_key_parse(buffer_view(&off), &key, &err), err,
			       REASON_KEY_INVALID);
		EXPECT_OK(public_key_parse_form(buffer_view(&off), &key, &err), err);
		assert_int_equal(public_key_bits(key), public_key_bits(whole));
		EXPECT_REFUSED(public_key_judge(key, &err), err, REASON_KEY_INVALID);
		EXPECT_OK(public_key_judge(whole, &err), err);
	}
}

TEST(cs_06_signature_of_an_algorithm_that_does_not_fit)
{
	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++) {
		CLEANUP(public_key_freep) struct public_key *public = public_of(type);

		for (enum signature_algorithm a = 0; a <= SIGN_COUNT; a++) {
			CLEANUP(buffer_done) struct buffer signature = { 0 };

			if (fits(a, type))
				continue;
			EXPECT_REFUSED(private_key_sign(keys[type], a, message, &signature, &err),
				       err, REASON_CRYPTO);
			assert_int_equal(signature.len, 0);
			assert_false(public_key_verify(public, a, message, message));
		}
	}
}

TEST(cs_06_changed_messages_and_signatures)
{
	const struct bytes other = BYTES_LITERAL("what is signee");

	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++) {
		CLEANUP(public_key_freep) struct public_key *public = public_of(type);
		enum signature_algorithm algorithm = key_type_default_algorithm(type);
		CLEANUP(buffer_done) struct buffer signature = { 0 };

		EXPECT_OK(private_key_sign(keys[type], algorithm, message, &signature, &err), err);
		struct bytes view = buffer_view(&signature);
		assert_true(public_key_verify(public, algorithm, message, view));
		assert_false(public_key_verify(public, algorithm, other, view));
		for (size_t len = 0; len < view.len; len++)
			assert_false(public_key_verify(public, algorithm, message,
						       (struct bytes){ view.data, len }));
		for (size_t i = 0; i < signature.len; i++) {
			signature.data[i] ^= 1;
			assert_false(public_key_verify(public, algorithm, message, view));
			signature.data[i] ^= 1;
		}
		buffer_append_byte(&signature, 0);
		assert_false(
			public_key_verify(public, algorithm, message, buffer_view(&signature)));
	}
}

TEST(cs_06_signature_of_another_key)
{
	CLEANUP(private_key_freep) struct private_key *other = NULL;
	CLEANUP(public_key_freep) struct public_key *public = public_of(KEY_P256);
	CLEANUP(buffer_done) struct buffer signature = { 0 };

	EXPECT_OK(private_key_generate(KEY_P256, 0, &other, &err), err);
	EXPECT_OK(private_key_sign(other, SIGN_ECDSA_SHA256, message, &signature, &err), err);
	assert_false(
		public_key_verify(public, SIGN_ECDSA_SHA256, message, buffer_view(&signature)));
}

TEST(weak_algorithms_are_known_by_name)
{
	static const struct {
		struct bytes der;
		bool weak;
	} refused[] = {
		/* md5WithRSA, sha1WithRSA, sha1WithRSA of the OIW, ecdsa-with-SHA1, dsa-with-sha1
		 */
		{ BYTES_LITERAL("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04\x05\x00"),
		  true },
		{ BYTES_LITERAL("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05\x05\x00"),
		  true },
		{ BYTES_LITERAL("\x30\x09\x06\x05\x2b\x0e\x03\x02\x1d\x05\x00"), true },
		{ BYTES_LITERAL("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01"), true },
		{ BYTES_LITERAL("\x30\x09\x06\x07\x2a\x86\x48\xce\x38\x04\x03"), true },
		/* RSASSA-PSS with its defaults, which are SHA-1's */
		{ BYTES_LITERAL("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x00"),
		  true },
		/* RSASSA-PSS without parameters; SHA-256 with RSA without NULL; with bytes after */
		{ BYTES_LITERAL("\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"), false },
		{ BYTES_LITERAL("\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), false },
		{ BYTES_LITERAL("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00\x00"),
		  false },
		/* ecdsa-with-SHA224; nothing at all */
		{ BYTES_LITERAL("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x01"), false },
		{ { NULL, 0 }, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		bool weak = !refused[i].weak;

		assert_int_equal(signature_algorithm_parse(refused[i].der, &weak), SIGN_COUNT);
		assert_int_equal(weak, refused[i].weak);
	}
}

TEST(a_wrong_passphrase_opens_nothing)
{
	CLEANUP(private_key_freep) struct private_key *key = NULL;
	CLEANUP(buffer_done) struct buffer pem = { 0 };

	EXPECT_OK(private_key_encrypt(keys[KEY_P256], BYTES_LITERAL("right"), &pem, &err), err);
	EXPECT_REFUSED(private_key_decrypt(buffer_view(&pem), BYTES_LITERAL("wrong"), &key, &err),
		       err, REASON_SECRET_FILE);
	EXPECT_REFUSED(private_key_decrypt(buffer_view(&pem), (struct bytes){ 0 }, &key, &err), err,
		       REASON_SECRET_FILE);
	EXPECT_REFUSED(private_key_encrypt(keys[KEY_P256], (struct bytes){ 0 }, &pem, &err), err,
		       REASON_SECRET_FILE);
}

/* The iteration count of the file is ours to pay: patched to 2^31-1 it must fail at once. */
TEST(an_encrypted_key_cannot_ask_for_endless_work)
{
	const struct bytes count = BYTES_LITERAL("\x02\x03\x01\x86\xa0"); /* INTEGER 100000 */
	CLEANUP(buffer_done) struct buffer pem = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(buffer_done) struct buffer again = { 0 };
	CLEANUP(private_key_freep) struct private_key *key = NULL;

	EXPECT_OK(private_key_encrypt(keys[KEY_P256], BYTES_LITERAL("x"), &pem, &err), err);
	assert_true(pem_decode(buffer_view(&pem), "ENCRYPTED PRIVATE KEY", NULL, &der));
	unsigned char *at = memmem(der.data, der.len, count.data, count.len);
	assert_non_null(at);
	at[2] = 0x7f;
	pem_encode("ENCRYPTED PRIVATE KEY", buffer_view(&der), &again);
	EXPECT_REFUSED(private_key_decrypt(buffer_view(&again), BYTES_LITERAL("x"), &key, &err),
		       err, REASON_IMPORT_MALFORMED);
}

TEST(malformed_private_keys)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(private_key_freep) struct private_key *key = NULL;

	EXPECT_OK(private_key_encode(keys[KEY_P256], &der, &err), err);
	for (size_t len = 0; len < der.len; len++)
		EXPECT_REFUSED(private_key_parse((struct bytes){ der.data, len }, &key, &err), err,
			       REASON_IMPORT_MALFORMED);
	buffer_append_byte(&der, 0);
	EXPECT_REFUSED(private_key_parse(buffer_view(&der), &key, &err), err,
		       REASON_IMPORT_MALFORMED);
	EXPECT_REFUSED(private_key_decrypt(BYTES_LITERAL("hello"), BYTES_LITERAL("x"), &key, &err),
		       err, REASON_IMPORT_MALFORMED);
}

/* PKCS#8 of an EC key holds the public point as well, and OpenSSL believes it. */
TEST(a_private_key_with_the_public_half_of_another)
{
	CLEANUP(private_key_freep) struct private_key *other = NULL;
	CLEANUP(public_key_freep) struct public_key *public = public_of(KEY_P256);
	CLEANUP(public_key_freep) struct public_key *other_public = NULL;
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(private_key_freep) struct private_key *key = NULL;

	EXPECT_OK(private_key_generate(KEY_P256, 0, &other, &err), err);
	EXPECT_OK(private_key_public(other, &other_public, &err), err);
	EXPECT_OK(private_key_encode(keys[KEY_P256], &der, &err), err);
	struct bytes point = public_key_bit_string(public);
	unsigned char *at = memmem(der.data, der.len, point.data, point.len);
	assert_non_null(at);
	memcpy(at, public_key_bit_string(other_public).data, point.len);
	EXPECT_REFUSED(private_key_parse(buffer_view(&der), &key, &err), err, REASON_KEY_INVALID);
}

TEST(sizes_of_generated_keys_are_bounded)
{
	static const unsigned int sizes[] = { 0, 1024, 2047, 2052, 4097, 8192, UINT32_MAX };
	CLEANUP(private_key_freep) struct private_key *key = NULL;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
		EXPECT_REFUSED(private_key_generate(KEY_RSA, sizes[i], &key, &err), err,
			       REASON_KEY_INVALID);
	EXPECT_REFUSED(private_key_generate(KEY_TYPE_COUNT, 2048, &key, &err), err,
		       REASON_KEY_TYPE_NOT_ALLOWED);
}

/* -- what works -- */

TEST(texts_go_there_and_back)
{
	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++)
		assert_int_equal(key_type_by_text(key_type_text(type)), type);
	for (enum signature_algorithm a = 0; a < SIGN_COUNT; a++) {
		bool weak = true;

		assert_int_equal(signature_algorithm_by_text(signature_algorithm_text(a)), a);
		assert_int_equal(signature_algorithm_parse(signature_algorithm_der(a), &weak), a);
		assert_false(weak);
	}
	assert_int_equal(key_type_by_text("p224"), KEY_TYPE_COUNT);
	assert_int_equal(signature_algorithm_by_text("ecdsa-sha1"), SIGN_COUNT);
	assert_null(key_type_text(KEY_TYPE_COUNT));
	assert_null(signature_algorithm_text(SIGN_COUNT));
	assert_int_equal(signature_algorithm_der(SIGN_COUNT).len, 0);
}

/* RFC 4055 2.1: the hash's parameters may be absent. */
TEST(pss_without_null_is_read)
{
	const struct bytes bare = BYTES_LITERAL(
		"\x30\x3d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a\x30\x30\xa0\x0d\x30\x0b\x06"
		"\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\xa1\x1a\x30\x18\x06\x09\x2a\x86\x48\x86"
		"\xf7\x0d\x01\x01\x08\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\xa2\x03"
		"\x02\x01\x20");
	bool weak;

	assert_int_equal(signature_algorithm_parse(bare, &weak), SIGN_RSA_PSS_SHA256);
}

TEST(every_fitting_algorithm_signs_and_verifies)
{
	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++) {
		CLEANUP(public_key_freep) struct public_key *public = public_of(type);

		for (enum signature_algorithm a = 0; a < SIGN_COUNT; a++) {
			CLEANUP(buffer_done) struct buffer signature = { 0 };

			if (!fits(a, type))
				continue;
			EXPECT_OK(private_key_sign(keys[type], a, message, &signature, &err), err);
			assert_true(public_key_verify(public, a, message, buffer_view(&signature)));
		}
	}
}

TEST(keys_survive_encoding_and_encryption)
{
	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++) {
		CLEANUP(buffer_wipe) struct buffer der = { 0 };
		CLEANUP(buffer_done) struct buffer pem = { 0 };
		CLEANUP(private_key_freep) struct private_key *parsed = NULL;
		CLEANUP(private_key_freep) struct private_key *decrypted = NULL;
		CLEANUP(public_key_freep) struct public_key *expected = public_of(type);
		CLEANUP(public_key_freep) struct public_key *public = NULL;

		EXPECT_OK(private_key_encode(keys[type], &der, &err), err);
		EXPECT_OK(private_key_parse(buffer_view(&der), &parsed, &err), err);
		assert_int_equal(private_key_type(parsed), type);
		EXPECT_OK(private_key_encrypt(parsed, BYTES_LITERAL("p\0ss"), &pem, &err), err);
		EXPECT_OK(private_key_decrypt(buffer_view(&pem), BYTES_LITERAL("p\0ss"), &decrypted,
					      &err),
			  err);
		EXPECT_OK(private_key_public(decrypted, &public, &err), err);
		assert_true(bytes_equal(public_key_spki(public), public_key_spki(expected)));
		assert_memory_equal(public_key_hash(public), public_key_hash(expected),
				    KEY_HASH_LEN);
	}
}

TEST(public_keys_tell_what_they_are)
{
	static const unsigned int sizes[KEY_TYPE_COUNT] = { 2048, 256, 384, 521, 256 };
	static const size_t octets[KEY_TYPE_COUNT] = { 270, 65, 97, 133, 32 };

	for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++) {
		CLEANUP(public_key_freep) struct public_key *public = public_of(type);

		assert_int_equal(public_key_type(public), type);
		assert_int_equal(public_key_bits(public), sizes[type]);
		assert_int_equal(public_key_bit_string(public).len, octets[type]);
	}
}

#define THREADS 4
#define SIGNATURES 50

static void *sign_often(void *failures)
{
	for (int i = 0; i < SIGNATURES; i++)
		for (enum key_type type = 0; type < KEY_TYPE_COUNT; type++) {
			enum signature_algorithm algorithm = key_type_default_algorithm(type);
			CLEANUP(public_key_freep) struct public_key *public = NULL;
			CLEANUP(buffer_done) struct buffer signature = { 0 };

			if (!private_key_public(keys[type], &public, NULL) ||
			    !private_key_sign(keys[type], algorithm, message, &signature, NULL) ||
			    !public_key_verify(public, algorithm, message, buffer_view(&signature)))
				++*(int *)failures;
		}
	return NULL;
}

TEST(threads_sign_with_one_key)
{
	pthread_t threads[THREADS];
	int failures[THREADS] = { 0 };

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, sign_often, &failures[i]), 0);
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(failures[i], 0);
	}
}

/* -- memory that runs out -- */

static const char *vector_name;
static struct buffer vector;

static bool parse_and_verify(void)
{
	CLEANUP(csr_freep) struct csr *csr = NULL;
	struct error why = { 0 };

	if (csr_parse(buffer_view(&vector), false, &csr, &why))
		return csr_verify(csr, &why);
	assert_null(csr);
	if (why.reason == REASON_NONE)
		fail_msg("%s: refused without a reason", vector_name);
	return false;
}

TEST(csr_without_memory)
{
	static const char *const names[] = { "ok-everything", "ok-rsa-2048", "ok-ed25519",
					     "ok-rsa-pss", "ok-change-both" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		vector_name = names[i];
		vector = vector_load("csr", names[i]);
		assert_true(parse_and_verify());
		starve(parse_and_verify, 2000);
		buffer_done(&vector);
	}
}

static enum key_type signing_type;

static bool sign_once(void)
{
	CLEANUP(buffer_done) struct buffer signature = { 0 };

	return private_key_sign(keys[signing_type], key_type_default_algorithm(signing_type),
				message, &signature, NULL);
}

static bool encode_and_parse(void)
{
	CLEANUP(buffer_wipe) struct buffer der = { 0 };
	CLEANUP(private_key_freep) struct private_key *key = NULL;

	return private_key_encode(keys[KEY_P256], &der, NULL) &&
	       private_key_parse(buffer_view(&der), &key, NULL);
}

TEST(private_keys_without_memory)
{
	for (signing_type = 0; signing_type < KEY_TYPE_COUNT; signing_type++)
		starve(sign_once, 2000);
	starve(encode_and_parse, 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(cs_01_truncated_public_keys),
		RUN(cs_03_bytes_after_the_public_key),
		RUN(cs_16_a_point_off_its_curve_is_found_by_arithmetic_alone),
		RUN(cs_06_signature_of_an_algorithm_that_does_not_fit),
		RUN(cs_06_changed_messages_and_signatures),
		RUN(cs_06_signature_of_another_key),
		RUN(weak_algorithms_are_known_by_name),
		RUN(a_wrong_passphrase_opens_nothing),
		RUN(an_encrypted_key_cannot_ask_for_endless_work),
		RUN(malformed_private_keys),
		RUN(a_private_key_with_the_public_half_of_another),
		RUN(sizes_of_generated_keys_are_bounded),
		RUN(texts_go_there_and_back),
		RUN(pss_without_null_is_read),
		RUN(every_fitting_algorithm_signs_and_verifies),
		RUN(keys_survive_encoding_and_encryption),
		RUN(public_keys_tell_what_they_are),
		RUN(threads_sign_with_one_key),
		RUN(csr_without_memory),
		RUN(private_keys_without_memory),
	};

	starvation_begin();
	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
