#include "test.h"

#include <string.h>

#include "pki/csr.h"
#include "pki/csr_encode.h"
#include "pki/der.h"

static struct error err;

static struct private_key *make_key(enum key_type type)
{
	struct private_key *key = NULL;

	EXPECT_OK(private_key_generate(type, 2048, &key, &err), err);
	return key;
}

static struct buffer name_of(const char *text)
{
	CLEANUP(name_done) struct name name = { 0 };
	struct buffer der = { 0 };

	EXPECT_OK(name_from_text(text, &name, &err), err);
	EXPECT_OK(name_encode(&name, &der, &err), err);
	return der;
}

TEST(a_text_that_no_server_may_take_is_refused)
{
	CLEANUP(private_key_freep) struct private_key *key = make_key(KEY_P256);
	CLEANUP(buffer_done) struct buffer ret = { 0 };
	char text[257];
	struct csr_draft draft = { .subject = BYTES_LITERAL("\x30\x00"),
				   .challenge_password = text };

	memset(text, 'a', 256);
	text[256] = '\0';
	EXPECT_REFUSED(csr_encode(&draft, key, SIGN_ECDSA_SHA256, &ret, &err), err, REASON_INVALID);
	text[0] = '\0';
	EXPECT_REFUSED(csr_encode(&draft, key, SIGN_ECDSA_SHA256, &ret, &err), err, REASON_INVALID);
}

TEST(an_algorithm_of_another_key_is_refused)
{
	CLEANUP(private_key_freep) struct private_key *key = make_key(KEY_P256);
	CLEANUP(buffer_done) struct buffer ret = { 0 };
	const struct csr_draft draft = { .subject = BYTES_LITERAL("\x30\x00") };

	EXPECT_REFUSED(csr_encode(&draft, key, SIGN_RSA_SHA256, &ret, &err), err, REASON_CRYPTO);
}

/* What is written is what our own strict reader, which faces strangers, reads. */
TEST(enr_01_every_kind_of_key_writes_a_request_that_is_read_back)
{
	for (enum key_type type = KEY_RSA; type < KEY_TYPE_COUNT; type++) {
		CLEANUP(private_key_freep) struct private_key *key = make_key(type);
		CLEANUP(buffer_done) struct buffer subject = name_of("CN=dev-1,O=Acme");
		CLEANUP(buffer_done) struct buffer extensions = { 0 };
		CLEANUP(buffer_done) struct buffer ret = { 0 };
		CLEANUP(csr_freep) struct csr *csr = NULL;

		extension_write(&extensions, oid_subject_alt_name, false,
				(struct bytes)BYTES_LITERAL("\x30\x08\x82\x06"
							    "a.test"));
		const struct csr_draft draft = {
			.subject = buffer_view(&subject),
			.extensions = buffer_view(&extensions),
			.challenge_password = "enrol me_now",
			.est_identity_linking = "AAAA+/==",
		};
		EXPECT_OK(csr_encode(&draft, key, key_type_default_algorithm(type), &ret, &err),
			  err);
		EXPECT_OK(csr_parse(buffer_view(&ret), false, &csr, &err), err);
		EXPECT_OK(csr_verify(csr, &err), err);
		assert_string_equal(name_find(csr_subject(csr), NAME_COMMON_NAME), "dev-1");
		assert_string_equal(csr_challenge_password(csr), "enrol me_now");
		assert_string_equal(csr_est_identity_linking(csr), "AAAA+/==");
		assert_int_equal(csr_san(csr)->count, 1);
		assert_string_equal(csr_san(csr)->entries[0].value, "a.test");
	}
}

/* RFC 7030 4.4.1.2, read back by what a server reads it with. */
TEST(skg_03_the_key_to_encrypt_to_is_named)
{
	CLEANUP(private_key_freep) struct private_key *key = make_key(KEY_P256);
	CLEANUP(buffer_done) struct buffer ret = { 0 };
	CLEANUP(csr_freep) struct csr *csr = NULL;
	const struct csr_draft draft = {
		.subject = BYTES_LITERAL("\x30\x00"),
		.challenge_password = "code",
		.decrypt_key_id = BYTES_LITERAL("its name"),
		.capabilities = { .has = { [SMIME_AES_256_CBC] = true, [SMIME_RSA_OAEP] = true } },
	};

	EXPECT_OK(csr_encode(&draft, key, SIGN_ECDSA_SHA256, &ret, &err), err);
	EXPECT_OK(csr_parse(buffer_view(&ret), false, &csr, &err), err);
	EXPECT_OK(csr_verify(csr, &err), err);
	const struct decrypt_key_wish *wish = csr_decrypt_key(csr);
	assert_int_equal(wish->kind, DECRYPT_KEY_ASYMMETRIC);
	assert_true(bytes_equal(wish->id, draft.decrypt_key_id));
	for (size_t i = 0; i < SMIME_CAPABILITY_COUNT; i++)
		assert_int_equal(wish->capabilities.has[i], draft.capabilities.has[i]);
	assert_string_equal(csr_challenge_password(csr), "code");
}

TEST(a_request_may_say_nothing_but_its_key)
{
	CLEANUP(private_key_freep) struct private_key *key = make_key(KEY_P256);
	CLEANUP(buffer_done) struct buffer ret = { 0 };
	CLEANUP(csr_freep) struct csr *csr = NULL;
	const struct csr_draft draft = { .subject = BYTES_LITERAL("\x30\x00") };

	EXPECT_OK(csr_encode(&draft, key, SIGN_ECDSA_SHA256, &ret, &err), err);
	EXPECT_OK(csr_parse(buffer_view(&ret), false, &csr, &err), err);
	EXPECT_OK(csr_verify(csr, &err), err);
	assert_int_equal(csr_subject(csr)->count, 0);
	assert_null(csr_challenge_password(csr));
}

TEST_MAIN(RUN(a_text_that_no_server_may_take_is_refused),
	  RUN(an_algorithm_of_another_key_is_refused),
	  RUN(enr_01_every_kind_of_key_writes_a_request_that_is_read_back),
	  RUN(skg_03_the_key_to_encrypt_to_is_named), RUN(a_request_may_say_nothing_but_its_key))
