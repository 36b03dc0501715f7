/* A key in the message that a server signed: whose signature counts, and what must be in it. What
 * is around that, and what others make of it, tests/e2e/test_device_keygen.py tries. */
#include "../pki/cert_maker.h"

#include "est_client/envelope.h"
#include "pki/cms.h"

static struct error err;

struct scene {
	struct private_key *ca_key, *signer_key, *made;
	struct cert *ca, *signer;
	struct bundle anchors;
	struct envelope_expectation expected;
};

static void scene_open(struct scene *scene, int64_t signer_until)
{
	EXPECT_OK(private_key_generate(KEY_P256, 0, &scene->ca_key, &err), err);
	EXPECT_OK(private_key_generate(KEY_P256, 0, &scene->signer_key, &err), err);
	EXPECT_OK(private_key_generate(KEY_P384, 0, &scene->made, &err), err);
	struct maker ca = { .subject = "CN=ca", .key = scene->ca_key };
	maker_ca(&ca, 0);
	scene->ca = maker_parse(&ca);
	struct maker signer = { .subject = "CN=key maker",
				.issuer = "CN=ca",
				.key = scene->signer_key,
				.signer = scene->ca_key,
				.not_after = signer_until };
	scene->signer = maker_parse(&signer);
	scene->anchors = (struct bundle){ &scene->ca, 1 };
	scene->expected = (struct envelope_expectation){
		.cacerts = &scene->anchors,
		.anchors = &scene->anchors,
		.now = MAKER_NOW,
	};
	buffer_done(&ca.extensions);
	buffer_done(&signer.extensions);
}

static void scene_donep(struct scene *scene)
{
	cert_free(scene->ca);
	cert_free(scene->signer);
	private_key_free(scene->ca_key);
	private_key_free(scene->signer_key);
	private_key_free(scene->made);
}

/* A bare SignedData, as RFC 7030 4.4.2 has it inside the envelope. */
static struct buffer sign(const struct scene *scene, struct bytes type, const struct cert *signer,
			  const struct private_key *key)
{
	CLEANUP(buffer_wipe) struct buffer pkcs8 = { 0 };
	CLEANUP(buffer_wipe) struct buffer package = { 0 };
	CLEANUP(buffer_done) struct buffer attributes = { 0 };
	CLEANUP(buffer_done) struct buffer signature = { 0 };
	struct buffer message = { 0 };

	EXPECT_OK(private_key_encode(scene->made, &pkcs8, &err), err);
	der_write(&package, DER_SEQUENCE, buffer_view(&pkcs8));
	const struct cms_statement statement = { .type = type,
						 .content = buffer_view(&package),
						 .algorithm = SIGN_ECDSA_SHA256 };
	EXPECT_OK(cms_signed_attributes_encode(&statement, &attributes, &err), err);
	EXPECT_OK(private_key_sign(key, SIGN_ECDSA_SHA256, buffer_view(&attributes), &signature,
				   &err),
		  err);
	EXPECT_OK(cms_signed_data_encode(&statement, signer, buffer_view(&attributes),
					 buffer_view(&signature), &message, &err),
		  err);
	return message;
}

static void expect_refused(const struct scene *scene, struct buffer message, const char *words)
{
	struct private_key *ret = NULL;

	EXPECT_REFUSED(envelope_read(buffer_view(&message), &scene->expected, &ret, &err), err,
		       REASON_SERVER_ANSWER);
	if (!strstr(err.detail, words))
		fail_msg("%s", err.detail);
	buffer_done(&message);
}

TEST(skg_03_a_signer_whose_certificate_has_ended)
{
	CLEANUP(scene_donep) struct scene scene = { 0 };

	scene_open(&scene, MAKER_NOW - MAKER_DAY);
	expect_refused(&scene,
		       sign(&scene, oid_cms_asymmetric_key_package, scene.signer, scene.signer_key),
		       "has ended");
}

TEST(skg_03_a_signer_whom_no_anchor_vouches_for)
{
	CLEANUP(scene_donep) struct scene scene = { 0 };
	CLEANUP(scene_donep) struct scene other = { 0 };

	scene_open(&scene, 0);
	scene_open(&other, 0);
	/* the names are the same, the keys are not */
	expect_refused(&scene,
		       sign(&scene, oid_cms_asymmetric_key_package, other.signer, other.signer_key),
		       "did not sign");
	expect_refused(&scene, sign(&scene, oid_cms_asymmetric_key_package, other.ca, other.ca_key),
		       "did not sign");
}

TEST(skg_03_a_signature_of_another_key)
{
	CLEANUP(scene_donep) struct scene scene = { 0 };

	scene_open(&scene, 0);
	expect_refused(&scene,
		       sign(&scene, oid_cms_asymmetric_key_package, scene.signer, scene.ca_key),
		       "signature is wrong");
}

TEST(skg_03_something_else_that_was_signed)
{
	CLEANUP(scene_donep) struct scene scene = { 0 };

	scene_open(&scene, 0);
	expect_refused(&scene, sign(&scene, oid_cms_data, scene.ca, scene.ca_key),
		       "no key package");
	expect_refused(&scene, (struct buffer){ 0 }, "no SignedData");
}

TEST(skg_03_the_ca_itself_or_whom_it_vouches_for)
{
	CLEANUP(scene_donep) struct scene scene = { 0 };

	scene_open(&scene, 0);
	const struct {
		const struct cert *cert;
		const struct private_key *key;
	} signers[] = { { scene.ca, scene.ca_key }, { scene.signer, scene.signer_key } };
	for (size_t i = 0; i < ARRAY_LEN(signers); i++) {
		CLEANUP(private_key_freep) struct private_key *ret = NULL;
		CLEANUP(buffer_done)
		struct buffer message = sign(&scene, oid_cms_asymmetric_key_package,
					     signers[i].cert, signers[i].key);

		EXPECT_OK(envelope_read(buffer_view(&message), &scene.expected, &ret, &err), err);
		assert_int_equal(private_key_type(ret), KEY_P384);
	}
}

TEST_MAIN(RUN(skg_03_a_signer_whose_certificate_has_ended),
	  RUN(skg_03_a_signer_whom_no_anchor_vouches_for), RUN(skg_03_a_signature_of_another_key),
	  RUN(skg_03_something_else_that_was_signed),
	  RUN(skg_03_the_ca_itself_or_whom_it_vouches_for))
