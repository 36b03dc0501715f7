/* What is signed and encrypted for clients, read back with OpenSSL. */
#include "test.h"

#include <openssl/cms.h>

#include "openssl_x509v3.h"

#include "pki/cms.h"
#include "sample.h"

static const struct bytes content = { (const unsigned char *)"a key package", 13 };
static struct error err;

/* -- recipients -- */

static struct cms_recipient recipient_of(const struct cert *cert)
{
	return (struct cms_recipient){ .cert = cert,
				       .key_id = BYTES_LITERAL("leaf key identifier"),
				       .capabilities = { .listed = true,
							 .has = { [SMIME_AES_256_CBC] = true } } };
}

static struct cert *cert_of_type(enum key_type type, unsigned int usage)
{
	CLEANUP(private_key_freep) struct private_key *key = sample_key(type);
	struct plan plan = sample_leaf(key, "CN=device", "CN=device");

	plan.algorithm = key_type_default_algorithm(type);
	plan.key_usage = usage;
	return sample_cert(&plan, key);
}

TEST(skg_03_an_unknown_key_is_refused)
{
	CLEANUP(cert_freep) struct cert *cert = cert_of_type(KEY_P256, 0);
	struct cms_recipient recipient = recipient_of(cert);

	EXPECT_OK(cms_recipient_check(&recipient, &err), err);
	recipient.key_id = BYTES_LITERAL("another identifier");
	EXPECT_REFUSED(cms_recipient_check(&recipient, &err), err, REASON_DECRYPT_KEY);
	recipient = recipient_of(NULL);
	EXPECT_REFUSED(cms_recipient_check(&recipient, &err), err, REASON_DECRYPT_KEY);
}

TEST(skg_03_a_client_without_a_common_cipher_is_refused)
{
	CLEANUP(cert_freep) struct cert *cert = cert_of_type(KEY_P256, 0);
	CLEANUP(buffer_done) struct buffer message = { 0 };
	struct cms_recipient recipient = recipient_of(cert);

	recipient.capabilities = (struct smime_capabilities){ 0 };
	EXPECT_REFUSED(cms_recipient_check(&recipient, &err), err, REASON_DECRYPT_KEY);
	EXPECT_REFUSED(cms_envelop(oid_cms_data, content, &recipient, &message, &err), err,
		       REASON_DECRYPT_KEY);
	assert_int_equal(message.len, 0);
}

TEST(skg_03_a_key_that_may_not_encrypt_is_refused)
{
	static const struct {
		enum key_type type;
		unsigned int usage;
		bool allowed;
	} rows[] = {
		{ KEY_P256, KU_DIGITAL_SIGNATURE, false }, { KEY_P256, KU_KEY_AGREEMENT, true },
		{ KEY_RSA, KU_DIGITAL_SIGNATURE, false },  { KEY_RSA, KU_KEY_ENCIPHERMENT, true },
		{ KEY_RSA, KU_KEY_AGREEMENT, false },      { KEY_ED25519, 0, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(cert_freep)
		struct cert *cert = cert_of_type(rows[i].type, rows[i].usage);
		const struct cms_recipient recipient = recipient_of(cert);

		if (cms_recipient_check(&recipient, &err) != rows[i].allowed)
			fail_msg("row %zu", i);
	}
}

/* -- signing: whatever the key, OpenSSL verifies it -- */

static void expect_openssl_verifies(enum key_type type)
{
	CLEANUP(private_key_freep) struct private_key *key = sample_key(type);
	struct plan plan = sample_ca(key, "CN=CA");
	plan.algorithm = key_type_default_algorithm(type);
	CLEANUP(cert_freep) struct cert *cert = sample_cert(&plan, key);
	const struct cms_statement statement = { oid_cms_asymmetric_key_package, content,
						 plan.algorithm };
	CLEANUP(buffer_done) struct buffer attributes = { 0 };
	CLEANUP(buffer_done) struct buffer signature = { 0 };
	CLEANUP(buffer_done) struct buffer signed_data = { 0 };
	CLEANUP(buffer_done) struct buffer message = { 0 };

	EXPECT_OK(cms_signed_attributes_encode(&statement, &attributes, &err), err);
	EXPECT_OK(private_key_sign(key, plan.algorithm, buffer_view(&attributes), &signature, &err),
		  err);
	EXPECT_OK(cms_signed_data_encode(&statement, cert, buffer_view(&attributes),
					 buffer_view(&signature), &signed_data, &err),
		  err);
	cms_content_info_write(&message, oid_cms_signed_data, buffer_view(&signed_data));

	const unsigned char *at = message.data;
	CMS_ContentInfo *cms = d2i_CMS_ContentInfo(NULL, &at, (long)message.len);
	assert_non_null(cms);
	BIO *out = BIO_new(BIO_s_mem());
	if (CMS_verify(cms, NULL, NULL, NULL, out, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) != 1)
		fail_msg("OpenSSL does not verify a signature by %s", key_type_text(type));
	unsigned char back[64];
	assert_int_equal(BIO_read(out, back, sizeof back), content.len);
	assert_memory_equal(back, content.data, content.len);
	BIO_free(out);
	CMS_ContentInfo_free(cms);
}

/* OpenSSL 3.0 verifies no Ed25519 in CMS. */
TEST(a_signed_message_verifies_with_every_type_of_key)
{
	for (enum key_type type = 0; type < KEY_ED25519; type++)
		expect_openssl_verifies(type);
}

TEST(nothing_is_signed_by_an_unknown_algorithm)
{
	const struct cms_statement statement = { oid_cms_data, content, SIGN_COUNT };
	CLEANUP(buffer_done) struct buffer attributes = { 0 };

	EXPECT_REFUSED(cms_signed_attributes_encode(&statement, &attributes, &err), err,
		       REASON_INTERNAL);
}

TEST_MAIN(RUN(skg_03_an_unknown_key_is_refused),
	  RUN(skg_03_a_client_without_a_common_cipher_is_refused),
	  RUN(skg_03_a_key_that_may_not_encrypt_is_refused),
	  RUN(a_signed_message_verifies_with_every_type_of_key),
	  RUN(nothing_is_signed_by_an_unknown_algorithm))
