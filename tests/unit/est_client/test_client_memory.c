/* wrap: malloc calloc realloc strdup strndup */
/* Each journey of the library with its first, second ... allocation failing: it says so, leaks
 * nothing and keeps nothing.
 */
#include "../pki/cert_maker.h"
#include "failing_memory.h"

#include <stdlib.h>

#include "est_client/envelope.h"
#include "est_client/failure.h"
#include "est_client/issued.h"
#include "est_client/multipart_reader.h"
#include "pki/cms.h"

static void expect_survives(bool (*journey)(struct bestow_error *err))
{
	bool done = false;

	for (fails_at = 1; !done; fails_at++) {
		struct bestow_error err = { 0 };

		allocations = 0;
		done = journey(&err);
		if (!done && (!err.code || err.outcome == BESTOW_DONE))
			fail_msg("allocation %zu failed without a reason", fails_at);
	}
	assert_true(fails_at > 3);
	fails_at = 0;
}

static struct bestow_key *key;
static struct buffer ca_pem, leaf_pem, envelope;

/* -- journeys -- */

static bool journey_of_a_request(struct bestow_error *err)
{
	struct bestow_request *request = NULL;
	struct bestow_certs *certs = NULL;
	unsigned char *der = NULL;
	size_t size;
	bool done = bestow_request_new(&request, err) &&
		    bestow_request_set_subject(request, "CN=a,O=b", err) &&
		    bestow_request_add_san(request, "dns", "a.example", err) &&
		    bestow_request_set_challenge(request, "code", err) &&
		    bestow_request_encode(request, key, &der, &size, err) &&
		    bestow_certs_parse(leaf_pem.data, leaf_pem.len, &certs, err) &&
		    bestow_request_set_names_of(request, certs, 0, err) &&
		    bestow_request_set_decrypt_key(request, certs, 0, key, err);

	free(der);
	bestow_certs_free(certs);
	bestow_request_free(request);
	return done;
}

/* As if a token kept it: such a key is tried before the server makes another for it. */
static bool decrypt_by_token(struct private_key *private, struct bestow_error *err)
{
	const struct bestow_key token = { .private = private,
					  .public = key->public,
					  .is_token = true };
	struct bestow_request *request = NULL;
	struct bestow_certs *certs = NULL;
	bool done = bestow_request_new(&request, err) &&
		    bestow_certs_parse(leaf_pem.data, leaf_pem.len, &certs, err) &&
		    bestow_request_set_decrypt_key(request, certs, 0, &token, err);

	bestow_certs_free(certs);
	bestow_request_free(request);
	return done;
}

static bool journey_of_a_token(struct bestow_error *err)
{
	return decrypt_by_token(key->private, err);
}

static bool journey_of_a_csr(struct bestow_error *err)
{
	struct bestow_request *request = NULL, *finished = NULL;
	unsigned char *der = NULL;
	size_t size;
	bool done = bestow_request_new(&request, err) &&
		    bestow_request_set_subject(request, "CN=a,O=b", err) &&
		    bestow_request_encode(request, key, &der, &size, err) &&
		    bestow_request_of_csr(der, size, &finished, err);

	free(der);
	bestow_request_free(request);
	bestow_request_free(finished);
	return done;
}

static bool journey_of_a_client(struct bestow_error *err)
{
	struct bestow_client *client = NULL;
	struct bestow_certs *anchors = NULL, *own = NULL;
	bool done = bestow_client_new("https://est.example/x", &client, err) &&
		    bestow_certs_parse(ca_pem.data, ca_pem.len, &anchors, err) &&
		    bestow_client_trust(client, anchors, err) &&
		    bestow_client_set_passphrase(client, "user", "passphrase", err) &&
		    bestow_certs_parse(leaf_pem.data, leaf_pem.len, &own, err) &&
		    bestow_client_set_certificate(client, own, key, err);

	bestow_certs_free(anchors);
	bestow_certs_free(own);
	bestow_client_free(client);
	return done;
}

static bool judge(struct bestow_certs *answer, struct bestow_certs *cacerts,
		  struct bestow_request *request, struct error *err)
{
	CLEANUP(bundle_done) struct bundle anchors = { 0 };
	CLEANUP(bundle_done) struct bundle chain = { 0 };

	if (!trust_pick_anchors(&cacerts->bundle, MAKER_NOW, &anchors, err))
		return false;
	const struct issued_expectation expected = {
		.request = request,
		.key_hash = public_key_hash(key->public),
		.cacerts = &cacerts->bundle,
		.anchors = &anchors,
		.now = MAKER_NOW,
	};
	return issued_pick(&answer->bundle, &expected, &chain, err);
}

static bool journey_of_an_answer(struct bestow_error *err)
{
	struct bestow_request *request = NULL;
	struct bestow_certs *cacerts = NULL, *answer = NULL;
	struct error why = { 0 };
	bool done = bestow_request_new(&request, err) &&
		    bestow_certs_parse(ca_pem.data, ca_pem.len, &cacerts, err) &&
		    bestow_certs_parse(leaf_pem.data, leaf_pem.len, &answer, err);

	if (done && !judge(answer, cacerts, request, &why)) {
		done = false;
		*err = (struct bestow_error){ .outcome = BESTOW_FAILED,
					      .code = reason_code(why.reason) };
	}
	bestow_certs_free(answer);
	bestow_certs_free(cacerts);
	bestow_request_free(request);
	return done;
}

static bool open_envelope(struct bestow_certs *cacerts, struct bestow_certs *own, struct error *err)
{
	CLEANUP(private_key_freep) struct private_key *made = NULL;
	const struct envelope_expectation expected = {
		.recipient = own->bundle.certs[0],
		.key = key->private,
		.cacerts = &cacerts->bundle,
		.anchors = &cacerts->bundle,
		.now = MAKER_NOW,
	};

	return envelope_open(buffer_view(&envelope), &expected, &made, err);
}

static bool journey_of_an_envelope(struct bestow_error *err)
{
	struct bestow_certs *cacerts = NULL, *own = NULL;
	struct error why = { 0 };
	bool done = bestow_certs_parse(ca_pem.data, ca_pem.len, &cacerts, err) &&
		    bestow_certs_parse(leaf_pem.data, leaf_pem.len, &own, err) &&
		    (open_envelope(cacerts, own, &why) || failure_tell(&why, err));

	bestow_certs_free(cacerts);
	bestow_certs_free(own);
	return done;
}

TEST(an_enveloped_key_survives)
{
	expect_survives(journey_of_an_envelope);
}

TEST(a_request_survives)
{
	expect_survives(journey_of_a_request);
}

TEST(a_tried_token_survives)
{
	expect_survives(journey_of_a_token);
}

TEST(skg_03_a_token_that_does_not_decrypt_is_told)
{
	CLEANUP(private_key_freep) struct private_key *other = NULL;
	struct bestow_error why = { 0 };

	assert_true(private_key_generate(KEY_P256, 0, &other, NULL));
	assert_false(decrypt_by_token(other, &why));
	assert_int_equal(why.outcome, BESTOW_LOCAL);
	assert_non_null(strstr(why.detail, "does not decrypt"));
	assert_true(decrypt_by_token(key->private, &why));
}

TEST(a_finished_request_survives)
{
	expect_survives(journey_of_a_csr);
}

/* What is finished stays as it is. */
TEST(enr_09_nothing_is_added_to_a_finished_request)
{
	struct bestow_request *request = NULL, *finished = NULL;
	struct bestow_certs *certs = NULL;
	unsigned char *der = NULL, *again = NULL;
	size_t size, size_again;
	struct bestow_error why = { 0 };

	assert_true(bestow_request_new(&request, NULL));
	assert_false(bestow_request_encode(request, NULL, &der, &size, &why));
	assert_int_equal(why.outcome, BESTOW_MISUSED);
	assert_true(bestow_request_encode(request, key, &der, &size, NULL));
	assert_true(bestow_request_of_csr(der, size, &finished, NULL));
	assert_true(bestow_certs_parse(leaf_pem.data, leaf_pem.len, &certs, NULL));
	assert_false(bestow_request_set_subject(finished, "CN=b", &why));
	assert_int_equal(why.outcome, BESTOW_MISUSED);
	assert_false(bestow_request_add_san(finished, "dns", "b.example", NULL));
	assert_false(bestow_request_set_challenge(finished, "code", NULL));
	assert_false(bestow_request_set_names_of(finished, certs, 0, NULL));
	assert_false(bestow_request_set_decrypt_key(finished, certs, 0, key, NULL));
	bestow_request_set_binding(finished, BESTOW_BINDING_CHALLENGE);
	assert_false(request_wants_binding(finished));
	assert_true(bestow_request_encode(finished, NULL, &again, &size_again, NULL));
	assert_int_equal(size_again, size);
	assert_memory_equal(again, der, size);
	free(der);
	free(again);
	bestow_certs_free(certs);
	bestow_request_free(request);
	bestow_request_free(finished);
}

TEST(a_client_survives)
{
	expect_survives(journey_of_a_client);
}

TEST(the_judgement_of_an_answer_survives)
{
	expect_survives(journey_of_an_answer);
}

/* -- what the journeys carry -- */

static void write_pem(struct maker *maker, struct buffer *to)
{
	CLEANUP(buffer_done) struct buffer der = maker_encode(maker);

	pem_encode("CERTIFICATE", buffer_view(&der), to);
}

static struct cert *first_of(const struct buffer *pem, struct bestow_certs **keep)
{
	assert_true(bestow_certs_parse(pem->data, pem->len, keep, NULL));
	return (*keep)->bundle.certs[0];
}

/* A key in its package, signed by the CA and encrypted for the leaf's key. */
static bool write_envelope(const struct private_key *ca_key, struct error *err)
{
	CLEANUP(buffer_wipe) struct buffer pkcs8 = { 0 };
	CLEANUP(buffer_wipe) struct buffer package = { 0 };
	CLEANUP(buffer_done) struct buffer attributes = { 0 };
	CLEANUP(buffer_done) struct buffer signature = { 0 };
	CLEANUP(buffer_done) struct buffer message = { 0 };
	CLEANUP(buffer_done) struct buffer id = { 0 };
	struct bestow_certs *cacerts = NULL, *own = NULL;
	const struct cert *ca = first_of(&ca_pem, &cacerts), *leaf = first_of(&leaf_pem, &own);

	if (!private_key_encode(key->private, &pkcs8, err) || !cms_key_id(leaf, &id, err))
		return false;
	der_write(&package, DER_SEQUENCE, buffer_view(&pkcs8));
	const struct cms_statement statement = { .type = oid_cms_asymmetric_key_package,
						 .content = buffer_view(&package),
						 .algorithm = SIGN_ECDSA_SHA256 };
	const struct cms_recipient recipient = {
		.cert = leaf,
		.key_id = buffer_view(&id),
		.capabilities = { .has = { [SMIME_AES_256_CBC] = true } },
	};
	bool done =
		cms_signed_attributes_encode(&statement, &attributes, err) &&
		private_key_sign(ca_key, SIGN_ECDSA_SHA256, buffer_view(&attributes), &signature,
				 err) &&
		cms_signed_data_encode(&statement, ca, buffer_view(&attributes),
				       buffer_view(&signature), &message, err) &&
		cms_envelop(oid_cms_signed_data, buffer_view(&message), &recipient, &envelope, err);
	bestow_certs_free(cacerts);
	bestow_certs_free(own);
	return done;
}

int main(void)
{
	const struct CMUnitTest tests[] = { RUN(a_request_survives),
					    RUN(an_enveloped_key_survives),
					    RUN(a_tried_token_survives),
					    RUN(skg_03_a_token_that_does_not_decrypt_is_told),
					    RUN(a_finished_request_survives),
					    RUN(enr_09_nothing_is_added_to_a_finished_request),
					    RUN(a_client_survives),
					    RUN(the_judgement_of_an_answer_survives) };
	CLEANUP(private_key_freep) struct private_key *ca_key = NULL;
	struct error err;

	if (!private_key_generate(KEY_P256, 0, &ca_key, &err) ||
	    !client_key_generate("p256", &key, &err))
		return 1;
	struct maker ca = { .subject = "CN=ca", .key = ca_key };
	struct maker leaf = {
		.subject = "CN=dev-1", .issuer = "CN=ca", .key = key->private, .signer = ca_key
	};
	maker_ca(&ca, 0);
	write_pem(&ca, &ca_pem);
	write_pem(&leaf, &leaf_pem);
	if (!write_envelope(ca_key, &err))
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	bestow_key_free(key);
	buffer_done(&ca_pem);
	buffer_done(&leaf_pem);
	buffer_done(&envelope);
	return failed;
}
