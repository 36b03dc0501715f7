/* What is answered for each state that a record may be in, and by whom. */
#include "test.h"

#include "openssl_ocsp.h"

#include "ca/ocsp_responder.h"
#include "pki/cert_maker.h"
#include "pki/ocsp_issuer.h"
#include "pki/ocsp_oid.h"
#include "pki/ocsp_response.h"
#include "pki/sample.h"
#include "store/fixture.h"
#include "store/store_ocsp.h"

#define NOW 1750000000
#define VALIDITY 3600

struct scene {
	struct fixture fixture;
	char keys[64];
	struct private_key *ca_key;
	struct ca ca;
	struct catalog catalog;
	struct clock clock;
	struct signer *signer;
	struct change_board *board;
	struct ocsp_responder *responder;
	unsigned int complaints;
};

static void complain(void *context, const struct ca *ca, const struct error *err)
{
	struct scene *scene = context;

	(void)ca;
	assert_int_equal(err->reason, REASON_CA_UNAVAILABLE);
	scene->complaints++;
}

/* What a responder's certificate may lack. */
struct flaw {
	bool no_usage, is_checked;
	const struct private_key *signer;
	int64_t not_after;
};

static void encode_signer(const struct scene *scene, const struct private_key *key,
			  const struct flaw *flaw, struct buffer *ret)
{
	struct plan plan = sample_leaf(key, "CN=Responder", "CN=CA");
	CLEANUP(buffer_done) struct buffer usages = { 0 };
	CLEANUP(buffer_done) struct buffer more = { 0 };
	size_t list = der_begin(&usages, DER_SEQUENCE);

	der_write_oid(&usages, flaw->no_usage ? oid_client_auth : oid_ocsp_signing);
	der_end(&usages, list);
	plan.ext_key_usage = buffer_view(&usages);
	if (!flaw->is_checked)
		extension_write(&more, oid_ocsp_no_check, false, BYTES_LITERAL("\x05\x00"));
	plan.more = buffer_view(&more);
	if (flaw->not_after)
		plan.not_after = flaw->not_after;
	sample_certificate(&plan, flaw->signer ? flaw->signer : scene->ca_key, ret);
}

static void load(struct scene *scene)
{
	struct fixture *f = &scene->fixture;

	scene->complaints = 0;
	OK(ocsp_responder_load(scene->responder, &scene->catalog, complain, scene, &f->err));
}

static void use_signer(struct scene *scene, uint32_t number, const struct flaw *flaw)
{
	struct fixture *f = &scene->fixture;
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(private_key_freep) struct private_key *key = sample_key(KEY_P256);
	const struct certificate record = record_new(f, number);
	char key_name[32];
	int64_t id = 0;

	snprintf(key_name, sizeof key_name, "ocsp-%u", number);
	encode_signer(scene, key, flaw, &der);
	OK(signer_add(scene->signer, key_name, key, &f->err));
	IN_TX(store_certificate_insert_intent(tx, &record, &id, &f->err) &&
	      store_certificate_complete(tx, id, buffer_view(&der), &f->err) &&
	      store_responder_put(tx, scene->ca.id, id, key_name, &f->err));
	load(scene);
}

static void scene_open(struct scene *scene)
{
	*scene = (struct scene){ .fixture = fixture_new(),
				 .keys = "/tmp/bestow-ocsp-XXXXXX",
				 .clock = clock_fixed(NOW) };
	struct fixture *f = &scene->fixture;
	static char name[] = "ca", key_name[] = "ca-1";

	assert_non_null(mkdtemp(scene->keys));
	OK(signer_open(scene->keys, BYTES_LITERAL("a passphrase of the tests"), &scene->signer,
		       &f->err));
	OK(change_board_new(&scene->board, &f->err));
	store_set_board(f->store, scene->board);
	scene->ca_key = sample_key(KEY_P256);
	struct plan plan = sample_ca(scene->ca_key, "CN=CA");
	scene->ca = (struct ca){ .id = 1,
				 .account_id = f->account_id,
				 .name = name,
				 .key_name = key_name,
				 .cert = sample_cert(&plan, scene->ca_key) };
	IN_TX(store_ca_insert(tx, f->account_id, "ca", 0, "ca-1", cert_der(scene->ca.cert), NULL, 0,
			      &scene->ca.id, &f->err));
	assert_int_equal(scene->ca.id, 1); /* what records of the fixture name */
	scene->catalog = (struct catalog){ .cas = &scene->ca, .ca_count = 1 };
	const struct ocsp_responder_options options = { .store = f->store,
							.signer = scene->signer,
							.clock = &scene->clock,
							.board = scene->board,
							.validity = VALIDITY };
	OK(ocsp_responder_new(&options, &scene->responder, &f->err));
}

static void scene_close(struct scene *scene)
{
	char path[128];

	ocsp_responder_free(scene->responder);
	cert_free(scene->ca.cert);
	private_key_free(scene->ca_key);
	signer_free(scene->signer);
	fixture_done(&scene->fixture);
	change_board_free(scene->board);
	for (unsigned int number = 100; number <= 200; number++) {
		snprintf(path, sizeof path, "%s/ocsp-%u.key", scene->keys, number);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(scene->keys), 0);
}

/* -- asking -- */

static void write_id(const struct cert *issuer, struct bytes serial, struct buffer *to)
{
	static const struct bytes algorithm =
		BYTES_LITERAL("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01");
	struct ocsp_issuer hashes;
	struct error err = { 0 };

	EXPECT_OK(ocsp_issuer_of(issuer, &hashes, &err), err);
	size_t request = der_begin(to, DER_SEQUENCE), id = der_begin(to, DER_SEQUENCE);
	buffer_append(to, algorithm);
	der_write(to, DER_OCTET_STRING, (struct bytes){ hashes.name_hash[OCSP_SHA256], 32 });
	der_write(to, DER_OCTET_STRING, (struct bytes){ hashes.key_hash[OCSP_SHA256], 32 });
	der_write(to, DER_INTEGER, serial);
	der_end(to, id);
	der_end(to, request);
}

static struct ocsp_answer ask_of(struct scene *scene, const struct cert *issuer, uint32_t number)
{
	CLEANUP(buffer_done) struct buffer request = { 0 };
	const struct certificate record = record_new(&scene->fixture, number);
	size_t outer = der_begin(&request, DER_SEQUENCE), tbs = der_begin(&request, DER_SEQUENCE),
	       list = der_begin(&request, DER_SEQUENCE);
	struct ocsp_answer answer;

	write_id(issuer, (struct bytes){ record.serial, record.serial_len }, &request);
	der_end(&request, list);
	der_end(&request, tbs);
	der_end(&request, outer);
	ocsp_responder_answer(scene->responder, buffer_view(&request), &answer);
	return answer;
}

static struct told ask(struct scene *scene, uint32_t number)
{
	CLEANUP(ocsp_answer_done)
	struct ocsp_answer answer = ask_of(scene, scene->ca.cert, number);
	struct told told = openssl_reads(buffer_view(&answer.der));

	told.is_keepable = answer.is_keepable;
	told.lasts = answer.next_update - NOW;
	return told;
}

static int64_t issue(struct scene *scene, uint32_t number)
{
	const struct certificate record = record_new(&scene->fixture, number);

	return record_issue(&scene->fixture, &record);
}

/* -- tests -- */

TEST(without_a_responder_nobody_is_answered)
{
	struct scene scene;

	scene_open(&scene);
	load(&scene);
	assert_int_equal(ask(&scene, 1).response, OCSP_RESPONSE_STATUS_UNAUTHORIZED);
	struct ocsp_answer answer;
	ocsp_responder_answer(scene.responder, BYTES_LITERAL("\x30\x00"), &answer);
	assert_int_equal(openssl_reads(buffer_view(&answer.der)).response,
			 OCSP_RESPONSE_STATUS_MALFORMEDREQUEST);
	ocsp_answer_done(&answer);
	scene_close(&scene);
}

TEST(oc_03_a_flawed_responder_is_not_used_and_complained_of)
{
	CLEANUP(private_key_freep) struct private_key *other = sample_key(KEY_P256);
	const struct flaw flaws[] = { { .no_usage = true },
				      { .is_checked = true },
				      { .signer = other },
				      { .not_after = NOW - 1 } };
	struct scene scene;

	scene_open(&scene);
	for (uint32_t i = 0; i < ARRAY_LEN(flaws); i++) {
		int64_t since, until;
		use_signer(&scene, 100 + i, &flaws[i]);
		assert_int_equal(scene.complaints, 1);
		assert_false(ocsp_responder_life(scene.responder, 1, &since, &until));
		assert_int_equal(ask(&scene, 1).response, OCSP_RESPONSE_STATUS_UNAUTHORIZED);
	}
	use_signer(&scene, 200, &(struct flaw){ 0 });
	assert_int_equal(scene.complaints, 0);
	assert_int_equal(ask(&scene, 1).response, OCSP_RESPONSE_STATUS_SUCCESSFUL);
	scene_close(&scene);
}

TEST(oc_01_good_is_said_of_what_was_issued_only)
{
	struct scene scene;

	scene_open(&scene);
	use_signer(&scene, 100, &(struct flaw){ 0 });
	struct told told = ask(&scene, 1);
	assert_int_equal(told.status, V_OCSP_CERTSTATUS_UNKNOWN);
	assert_false(told.is_keepable);
	assert_true(told.lasts <= 60);
	issue(&scene, 1);
	told = ask(&scene, 1);
	assert_int_equal(told.status, V_OCSP_CERTSTATUS_GOOD);
	assert_true(told.is_keepable);
	assert_int_equal(told.lasts, VALIDITY);
	assert_false(told.extends_revoked);
	scene_close(&scene);
}

TEST(oc_01_of_anothers_ca_nothing_is_said)
{
	CLEANUP(private_key_freep) struct private_key *key = sample_key(KEY_P256);
	struct plan plan = sample_ca(key, "CN=CA"); /* our name, another key */
	CLEANUP(cert_freep) struct cert *other = sample_cert(&plan, key);
	struct scene scene;

	scene_open(&scene);
	use_signer(&scene, 100, &(struct flaw){ 0 });
	issue(&scene, 1);
	struct ocsp_answer answer = ask_of(&scene, other, 1);
	assert_int_equal(openssl_reads(buffer_view(&answer.der)).response,
			 OCSP_RESPONSE_STATUS_UNAUTHORIZED);
	ocsp_answer_done(&answer);
	scene_close(&scene);
}

TEST(oc_04_what_may_be_signed_is_never_unknown)
{
	struct scene scene;

	scene_open(&scene);
	struct fixture *f = &scene.fixture;
	const struct certificate record = record_new(f, 1);
	int64_t id = 0;
	size_t count = 0;

	use_signer(&scene, 100, &(struct flaw){ 0 });
	IN_TX(store_certificate_insert_intent(tx, &record, &id, &f->err));
	struct told told = ask(&scene, 1);
	assert_int_equal(told.status, V_OCSP_CERTSTATUS_GOOD);
	assert_false(told.is_keepable);
	/* a crash: it never left, and whoever has it all the same must not be believed */
	IN_TX(store_certificate_abandon_intents(tx, &count, &f->err));
	told = ask(&scene, 1);
	assert_int_equal(told.status, V_OCSP_CERTSTATUS_REVOKED);
	assert_int_equal(told.reason, OCSP_REVOKED_STATUS_CERTIFICATEHOLD);
	assert_int_equal(told.revoked_at, 0);
	assert_true(told.extends_revoked);
	scene_close(&scene);
}

TEST(revoked_held_released_and_revoked_from_later_on)
{
	struct scene scene;

	scene_open(&scene);
	struct fixture *f = &scene.fixture;
	use_signer(&scene, 100, &(struct flaw){ 0 });
	int64_t id = issue(&scene, 1), later = issue(&scene, 2);

	assert_int_equal(ask(&scene, 1).status, V_OCSP_CERTSTATUS_GOOD);
	IN_TX(store_certificate_revoke(tx, id, REVOKED_CERTIFICATE_HOLD, NOW - 5, 0, &f->err));
	assert_int_equal(ask(&scene, 1).reason, OCSP_REVOKED_STATUS_CERTIFICATEHOLD);
	IN_TX(store_certificate_release(tx, id, NOW, &f->err));
	assert_int_equal(ask(&scene, 1).status, V_OCSP_CERTSTATUS_GOOD);
	IN_TX(store_certificate_revoke(tx, id, REVOKED_KEY_COMPROMISE, NOW, 1000, &f->err));
	struct told told = ask(&scene, 1);
	assert_int_equal(told.status, V_OCSP_CERTSTATUS_REVOKED);
	assert_int_equal(told.reason, OCSP_REVOKED_STATUS_KEYCOMPROMISE);
	assert_int_equal(told.revoked_at, NOW);
	assert_true(told.is_keepable);
	/* until then it is good, and no longer is it said so */
	IN_TX(store_certificate_revoke(tx, later, REVOKED_SUPERSEDED, NOW + 100, 0, &f->err));
	told = ask(&scene, 2);
	assert_int_equal(told.status, V_OCSP_CERTSTATUS_GOOD);
	assert_int_equal(told.lasts, 100);
	scene_close(&scene);
}

TEST(what_is_asked_again_is_kept_until_it_changes)
{
	struct scene scene;
	struct ocsp_counts counts;

	scene_open(&scene);
	use_signer(&scene, 100, &(struct flaw){ 0 });
	issue(&scene, 1);
	for (int i = 0; i < 5; i++)
		assert_int_equal(ask(&scene, 1).status, V_OCSP_CERTSTATUS_GOOD);
	ocsp_responder_count(scene.responder, &counts);
	assert_int_equal(counts.made, 1);
	assert_int_equal(counts.kept, 1);
	change_board_raise_all(scene.board);
	ask(&scene, 1);
	ocsp_responder_count(scene.responder, &counts);
	assert_int_equal(counts.made, 2);
	/* half over, it is made anew */
	scene.clock = clock_fixed(NOW + VALIDITY / 2 + 60);
	ask(&scene, 1);
	ocsp_responder_count(scene.responder, &counts);
	assert_int_equal(counts.made, 3);
	scene_close(&scene);
}

TEST(no_answer_outlives_who_signed_it)
{
	struct scene scene;

	scene_open(&scene);
	use_signer(&scene, 100, &(struct flaw){ .not_after = NOW + 50 });
	issue(&scene, 1);
	assert_int_equal(ask(&scene, 1).lasts, 50);
	scene.clock = clock_fixed(NOW + 51);
	assert_int_equal(ask(&scene, 2).response, OCSP_RESPONSE_STATUS_TRYLATER);
	scene_close(&scene);
}

TEST(a_disabled_ca_is_not_answered_for_and_what_was_kept_is_void)
{
	struct scene scene;

	scene_open(&scene);
	use_signer(&scene, 100, &(struct flaw){ 0 });
	issue(&scene, 1);
	uint64_t before = change_board_look(scene.board, 0);
	scene.ca.state = CA_RETIRED;
	load(&scene);
	assert_int_equal(ask(&scene, 1).status, V_OCSP_CERTSTATUS_GOOD);
	assert_int_equal(change_board_look(scene.board, 0), before);
	scene.ca.state = CA_DISABLED;
	load(&scene);
	assert_int_equal(ask(&scene, 1).response, OCSP_RESPONSE_STATUS_UNAUTHORIZED);
	assert_int_equal(change_board_look(scene.board, 0), before + 1);
	scene_close(&scene);
}

TEST_MAIN(RUN(without_a_responder_nobody_is_answered),
	  RUN(oc_03_a_flawed_responder_is_not_used_and_complained_of),
	  RUN(oc_01_good_is_said_of_what_was_issued_only),
	  RUN(oc_01_of_anothers_ca_nothing_is_said), RUN(oc_04_what_may_be_signed_is_never_unknown),
	  RUN(revoked_held_released_and_revoked_from_later_on),
	  RUN(what_is_asked_again_is_kept_until_it_changes), RUN(no_answer_outlives_who_signed_it),
	  RUN(a_disabled_ca_is_not_answered_for_and_what_was_kept_is_void))
