#include "../pki/cert_maker.h"

#include "est_client/issued.h"

static struct error err;

struct scene {
	struct private_key *ca_key;
	struct bestow_key *key;
	struct cert *ca;
	struct bundle cacerts;
	struct bestow_request *request;
	struct maker leaf;
	struct issued_expectation expected;
};

static struct scene *scene_new(void)
{
	struct scene *scene = calloc(1, sizeof *scene);

	assert_non_null(scene);
	EXPECT_OK(private_key_generate(KEY_P256, 0, &scene->ca_key, &err), err);
	EXPECT_OK(client_key_generate("p256", &scene->key, &err), err);
	struct maker ca = { .subject = "CN=ca", .key = scene->ca_key };
	maker_ca(&ca, 0);
	scene->ca = maker_parse(&ca);
	scene->cacerts = (struct bundle){ &scene->ca, 1 };
	assert_true(bestow_request_new(&scene->request, NULL));
	assert_true(bestow_request_set_subject(scene->request, "CN=dev-1,serialNumber=7", NULL));
	scene->leaf = (struct maker){ .subject = "CN=dev-1,serialNumber=7,O=Acme",
				      .issuer = "CN=ca",
				      .key = scene->key->private,
				      .signer = scene->ca_key };
	scene->expected = (struct issued_expectation){
		.request = scene->request,
		.key_hash = public_key_hash(scene->key->public),
		.cacerts = &scene->cacerts,
		.anchors = &scene->cacerts,
		.now = MAKER_NOW,
	};
	return scene;
}

static void scene_freep(struct scene **scene)
{
	cert_free((*scene)->ca);
	private_key_free((*scene)->ca_key);
	bestow_key_free((*scene)->key);
	bestow_request_free((*scene)->request);
	buffer_done(&(*scene)->leaf.extensions);
	free(*scene);
}

/* The answer: another certificate, the leaf, the CA. */
static bool pick(struct scene *scene, struct bundle *ret)
{
	CLEANUP(private_key_freep) struct private_key *other_key = NULL;

	EXPECT_OK(private_key_generate(KEY_P256, 0, &other_key, &err), err);
	struct maker stranger = { .subject = "CN=stranger",
				  .issuer = "CN=ca",
				  .key = other_key,
				  .signer = scene->ca_key };
	CLEANUP(cert_freep) struct cert *other = maker_parse(&stranger);
	CLEANUP(cert_freep) struct cert *leaf = maker_parse(&scene->leaf);
	struct cert *certs[] = { other, leaf, scene->ca };
	const struct bundle answer = { certs, ARRAY_LEN(certs) };

	return issued_pick(&answer, &scene->expected, ret, &err);
}

#define SCENE                                                                                      \
	CLEANUP(scene_freep) struct scene *scene = scene_new();                                    \
	CLEANUP(bundle_done) struct bundle ret = { 0 }
#define EXPECT_UNFIT(words)                                                                        \
	EXPECT_REFUSED(pick(scene, &ret), err, REASON_ANSWER_UNFIT);                               \
	assert_non_null(strstr(err.detail, words))

TEST(cb_02_another_key)
{
	SCENE;
	CLEANUP(private_key_freep) struct private_key *other = NULL;

	EXPECT_OK(private_key_generate(KEY_P256, 0, &other, &err), err);
	scene->leaf.key = other;
	EXPECT_UNFIT("for the key");
}

TEST(cb_02_a_ca)
{
	SCENE;
	maker_ca(&scene->leaf, 0);
	EXPECT_UNFIT("CA");
}

TEST(cb_02_another_name)
{
	SCENE;
	scene->leaf.subject = "CN=dev-2,serialNumber=7";
	EXPECT_UNFIT("dev-2");
	scene->leaf.subject = "CN=dev-1,serialNumber=8";
	EXPECT_UNFIT("serialNumber");
}

TEST(a_renewal_changes_no_part_of_the_name)
{
	SCENE;
	scene->expected.names_must_stay = true;
	EXPECT_UNFIT("subject");
}

TEST(cb_02_ended_and_of_the_future)
{
	SCENE;
	scene->leaf.not_after = MAKER_NOW - 1;
	EXPECT_UNFIT("ended");
	scene->leaf.not_after = 0;
	scene->leaf.not_before = MAKER_NOW + 2 * MAKER_DAY;
	EXPECT_UNFIT("begins");
}

TEST(cb_02_signed_by_somebody_else)
{
	SCENE;
	CLEANUP(private_key_freep) struct private_key *other = NULL;

	EXPECT_OK(private_key_generate(KEY_P256, 0, &other, &err), err);
	scene->leaf.signer = other;
	EXPECT_UNFIT("does not lead");
}

TEST(enc_07_the_leaf_is_found_by_its_key_whatever_else_came)
{
	SCENE;
	EXPECT_OK(pick(scene, &ret), err);
	assert_int_equal(ret.count, 1);
	assert_string_equal(name_find(cert_subject(ret.certs[0]), NAME_COMMON_NAME), "dev-1");
}

TEST(names_are_compared_by_rfc_5280)
{
	SCENE;
	scene->leaf.subject = "CN=DEV-1,serialNumber=7";
	scene->expected.names_must_stay = true;
	EXPECT_OK(pick(scene, &ret), err);
}

TEST_MAIN(RUN(cb_02_another_key), RUN(cb_02_a_ca), RUN(cb_02_another_name),
	  RUN(a_renewal_changes_no_part_of_the_name), RUN(cb_02_ended_and_of_the_future),
	  RUN(cb_02_signed_by_somebody_else),
	  RUN(enc_07_the_leaf_is_found_by_its_key_whatever_else_came),
	  RUN(names_are_compared_by_rfc_5280))
