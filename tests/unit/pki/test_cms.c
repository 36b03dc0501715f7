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

/* -- opening -- */

struct envelope_scene {
	struct private_key *key;
	struct cert *cert;
	struct buffer message;
};

static void envelope_donep(struct envelope_scene *scene)
{
	buffer_done(&scene->message);
	cert_free(scene->cert);
	private_key_free(scene->key);
}

static void envelope_for(struct envelope_scene *scene, enum key_type type, bool oaep)
{
	scene->key = sample_key(type);
	struct plan plan = sample_leaf(scene->key, "CN=device", "CN=device");
	plan.algorithm = key_type_default_algorithm(type);
	plan.key_usage = KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT;
	scene->cert = sample_cert(&plan, scene->key);
	struct cms_recipient recipient = recipient_of(scene->cert);
	recipient.capabilities.has[SMIME_RSA_OAEP] = oaep;
	EXPECT_OK(cms_envelop(oid_cms_data, content, &recipient, &scene->message, &err), err);
}

TEST(skg_03_an_envelope_is_for_one_key_alone)
{
	CLEANUP(envelope_donep) struct envelope_scene rsa = { 0 };
	CLEANUP(envelope_donep) struct envelope_scene other = { 0 };
	CLEANUP(envelope_donep) struct envelope_scene ec = { 0 };
	const struct envelope_scene *const scenes[] = { &rsa, &other, &ec };

	envelope_for(&rsa, KEY_RSA, false);
	envelope_for(&other, KEY_RSA, true);
	envelope_for(&ec, KEY_P256, false);
	for (size_t i = 0; i < ARRAY_LEN(scenes); i++)
		for (size_t k = 0; k < ARRAY_LEN(scenes); k++) {
			CLEANUP(buffer_wipe) struct buffer opened = { 0 };
			bool is_open = cms_open(buffer_view(&scenes[i]->message), scenes[k]->cert,
						scenes[k]->key, &opened, &err);

			/* a wrong RSA key may end in garbage, so that nothing is told (RFC 3218) */
			if (is_open && bytes_equal(buffer_view(&opened), content) != (i == k))
				fail_msg("envelope %zu with key %zu", i, k);
			if (i == k && !is_open)
				fail_msg("envelope %zu is not opened", i);
		}
}

TEST(an_envelope_that_was_cut_or_is_none_is_refused)
{
	CLEANUP(envelope_donep) struct envelope_scene scene = { 0 };
	CLEANUP(buffer_wipe) struct buffer opened = { 0 };

	envelope_for(&scene, KEY_P384, false);
	for (size_t len = 0; len < scene.message.len; len++)
		EXPECT_REFUSED(cms_open((struct bytes){ scene.message.data, len }, scene.cert,
					scene.key, &opened, &err),
			       err, REASON_CMS_MALFORMED);
	EXPECT_OK(cms_open(buffer_view(&scene.message), scene.cert, scene.key, &opened, &err), err);
	assert_true(bytes_equal(buffer_view(&opened), content));
	buffer_append_byte(&scene.message, 0);
	EXPECT_REFUSED(cms_open(buffer_view(&scene.message), scene.cert, scene.key, &opened, &err),
		       err, REASON_CMS_MALFORMED);
}

TEST(a_key_package_holds_one_key)
{
	CLEANUP(private_key_freep) struct private_key *key = sample_key(KEY_P256);
	CLEANUP(private_key_freep) struct private_key *back = NULL;
	CLEANUP(buffer_wipe) struct buffer pkcs8 = { 0 };
	CLEANUP(buffer_wipe) struct buffer package = { 0 };

	EXPECT_OK(private_key_encode(key, &pkcs8, &err), err);
	const struct bytes none = { 0 };
	der_write(&package, DER_SEQUENCE, none);
	EXPECT_REFUSED(cms_key_package_parse(buffer_view(&package), &back, &err), err,
		       REASON_CMS_MALFORMED);
	buffer_clear(&package);
	der_write(&package, DER_SEQUENCE, buffer_view(&pkcs8));
	EXPECT_OK(cms_key_package_parse(buffer_view(&package), &back, &err), err);
	buffer_clear(&package);
	size_t two = der_begin(&package, DER_SEQUENCE);
	buffer_append(&package, buffer_view(&pkcs8));
	buffer_append(&package, buffer_view(&pkcs8));
	der_end(&package, two);
	EXPECT_REFUSED(cms_key_package_parse(buffer_view(&package), &back, &err), err,
		       REASON_CMS_MALFORMED);
}

TEST(skg_03_a_client_names_its_key_as_servers_know_it)
{
	CLEANUP(private_key_freep) struct private_key *key = sample_key(KEY_P256);
	struct plan plan = sample_leaf(key, "CN=device", "CN=device");
	const struct bytes ids[] = { BYTES_LITERAL("an identifier"), { 0 } };

	plan.key_usage = KU_KEY_AGREEMENT;
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		CLEANUP(buffer_done) struct buffer id = { 0 };

		plan.key_id = ids[i];
		CLEANUP(cert_freep) struct cert *cert = sample_cert(&plan, key);
		struct cms_recipient recipient = recipient_of(cert);
		EXPECT_OK(cms_key_id(cert, &id, &err), err);
		assert_int_equal(id.len, ids[i].len ? ids[i].len : 20);
		recipient.key_id = buffer_view(&id);
		EXPECT_OK(cms_recipient_check(&recipient, &err), err);
	}
}

/* -- signing: whatever the key, OpenSSL verifies it -- */

static void expect_openssl_verifies(enum key_type type)
{
	CLEANUP(private_key_freep) struct private_key *key = sample_key(type);
	struct plan plan = sample_ca(key, "CN=CA");
	plan.algorithm = key_type_default_algorithm(type);
	CLEANUP(cert_freep) struct cert *cert = sample_cert(&plan, key);
	const struct cms_statement statement = { .type = oid_cms_asymmetric_key_package,
						 .content = content,
						 .algorithm = plan.algorithm };
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
	const struct cms_statement statement = { .type = oid_cms_data,
						 .content = content,
						 .algorithm = SIGN_COUNT };
	CLEANUP(buffer_done) struct buffer attributes = { 0 };

	EXPECT_REFUSED(cms_signed_attributes_encode(&statement, &attributes, &err), err,
		       REASON_INTERNAL);
}

/* -- reading -- */

struct signed_scene {
	struct private_key *key;
	struct cert *cert;
	struct buffer message;
};

static void scene_done(struct signed_scene *scene)
{
	buffer_done(&scene->message);
	cert_free(scene->cert);
	private_key_free(scene->key);
}

/* A message by OpenSSL, as `openssl cms -sign -binary -nodetach` makes it. */
static void scene_open(struct signed_scene *scene, enum key_type type, unsigned int flags)
{
	*scene = (struct signed_scene){ .key = sample_key(type) };
	struct plan plan = sample_leaf(scene->key, "CN=device", "CN=device");
	plan.algorithm = key_type_default_algorithm(type);
	scene->cert = sample_cert(&plan, scene->key);

	struct bytes der = cert_der(scene->cert);
	const unsigned char *at = der.data;
	X509 *x509 = d2i_X509(NULL, &at, (long)der.len);
	CLEANUP(buffer_wipe) struct buffer pkcs8 = { 0 };
	EXPECT_OK(private_key_encode(scene->key, &pkcs8, &err), err);
	at = pkcs8.data;
	EVP_PKEY *evp = d2i_AutoPrivateKey(NULL, &at, (long)pkcs8.len);
	BIO *in = BIO_new_mem_buf(content.data, (int)content.len);
	CMS_ContentInfo *cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_BINARY | CMS_PARTIAL);
	assert_non_null(CMS_add1_signer(cms, x509, evp, EVP_sha256(), flags | CMS_BINARY));
	assert_int_equal(CMS_final(cms, in, NULL, CMS_BINARY), 1);
	unsigned char *out = NULL;
	int len = i2d_CMS_ContentInfo(cms, &out);
	buffer_append(&scene->message, (struct bytes){ out, (size_t)len });
	OPENSSL_free(out);
	CMS_ContentInfo_free(cms);
	BIO_free(in);
	EVP_PKEY_free(evp);
	X509_free(x509);
}

TEST(a_signed_message_is_read_cut_anywhere_it_is_not)
{
	struct signed_scene scene;
	struct cms_signed message;

	scene_open(&scene, KEY_P256, 0);
	for (size_t len = 0; len < scene.message.len; len++) {
		CLEANUP(buffer_done) struct buffer cut = { 0 };
		buffer_append(&cut, (struct bytes){ scene.message.data, len });
		assert_false(cms_signed_parse(buffer_view(&cut), &message, &err));
	}
	EXPECT_OK(cms_signed_parse(buffer_view(&scene.message), &message, &err), err);
	assert_true(bytes_equal(message.content, content));
	assert_int_equal(message.cert_count, 1);
	assert_true(cms_signer_is(&message, scene.cert));
	EXPECT_OK(cms_signed_verify(&message, cert_key(scene.cert), &err), err);
	buffer_append_byte(&scene.message, 0);
	EXPECT_REFUSED(cms_signed_parse(buffer_view(&scene.message), &message, &err), err,
		       REASON_CMS_MALFORMED);
	scene_done(&scene);
}

/* Whatever byte is changed: refused, or in a part that nobody signed and nothing here reads. */
TEST(one_changed_byte_of_what_is_signed_is_noticed)
{
	struct signed_scene scene;
	struct cms_signed message;

	scene_open(&scene, KEY_P256, 0);
	EXPECT_OK(cms_signed_parse(buffer_view(&scene.message), &message, &err), err);
	const struct bytes parts[] = { message.type, message.content, message.attributes,
				       message.signature };
	for (size_t part = 0; part < ARRAY_LEN(parts); part++) {
		for (size_t i = 0; i < parts[part].len; i++) {
			size_t at = (size_t)(parts[part].data - scene.message.data) + i;
			struct cms_signed altered;

			scene.message.data[at] ^= 1;
			if (cms_signed_parse(buffer_view(&scene.message), &altered, &err) &&
			    cms_signed_verify(&altered, cert_key(scene.cert), &err))
				fail_msg("byte %zu of part %zu", i, part);
			scene.message.data[at] ^= 1;
		}
	}
	scene_done(&scene);
}

TEST(a_message_of_another_key_or_none_is_refused)
{
	CLEANUP(private_key_freep) struct private_key *other = sample_key(KEY_P256);
	CLEANUP(public_key_freep) struct public_key *public = NULL;
	struct signed_scene scene;
	struct cms_signed message;

	scene_open(&scene, KEY_P256, CMS_USE_KEYID);
	EXPECT_OK(cms_signed_parse(buffer_view(&scene.message), &message, &err), err);
	assert_true(message.key_id.len > 0 && cms_signer_is(&message, scene.cert));
	EXPECT_OK(private_key_public(other, &public, &err), err);
	EXPECT_REFUSED(cms_signed_verify(&message, public, &err), err, REASON_CMS_SIGNATURE);
	EXPECT_REFUSED(cms_signed_verify(&message, NULL, &err), err, REASON_CMS_SIGNATURE);
	scene_done(&scene);
}

TEST(a_signature_without_attributes_or_certificates)
{
	struct signed_scene scene;
	struct cms_signed message;

	scene_open(&scene, KEY_P256, CMS_NOATTR);
	EXPECT_OK(cms_signed_parse(buffer_view(&scene.message), &message, &err), err);
	EXPECT_REFUSED(cms_signed_verify(&message, cert_key(scene.cert), &err), err,
		       REASON_CMS_SIGNATURE);
	scene_done(&scene);
	scene_open(&scene, KEY_RSA, CMS_NOCERTS);
	EXPECT_OK(cms_signed_parse(buffer_view(&scene.message), &message, &err), err);
	assert_int_equal(message.cert_count, 0);
	assert_int_equal(message.algorithm, SIGN_RSA_SHA256);
	EXPECT_OK(cms_signed_verify(&message, cert_key(scene.cert), &err), err);
	scene_done(&scene);
}

TEST_MAIN(RUN(a_signed_message_is_read_cut_anywhere_it_is_not),
	  RUN(one_changed_byte_of_what_is_signed_is_noticed),
	  RUN(a_message_of_another_key_or_none_is_refused),
	  RUN(a_signature_without_attributes_or_certificates),
	  RUN(skg_03_an_unknown_key_is_refused), RUN(skg_03_an_envelope_is_for_one_key_alone),
	  RUN(an_envelope_that_was_cut_or_is_none_is_refused), RUN(a_key_package_holds_one_key),
	  RUN(skg_03_a_client_names_its_key_as_servers_know_it),
	  RUN(skg_03_a_client_without_a_common_cipher_is_refused),
	  RUN(skg_03_a_key_that_may_not_encrypt_is_refused),
	  RUN(a_signed_message_verifies_with_every_type_of_key),
	  RUN(nothing_is_signed_by_an_unknown_algorithm))
