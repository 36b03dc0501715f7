/* wrap: malloc calloc realloc */
#include "chain_scene.h"
#include "starvation.h"

/* -- nobody who is trusted -- */

TEST(no_anchors_at_all)
{
	CLEANUP(question_done) struct question question = { .leaf = make_device() };

	expect_refused(&question, REASON_CHAIN_INCOMPLETE);
	send(&question, make_issuing());
	expect_refused(&question, REASON_UNTRUSTED_ISSUER);
}

TEST(cl_12_self_signed)
{
	struct maker maker = { .subject = "CN=device-1", .key = keys[DEVICE] };
	CLEANUP(question_done) struct question question = { .leaf = maker_parse(&maker) };

	trust(&question, make_issuing());
	expect_refused(&question, REASON_UNTRUSTED_ISSUER);
}

/* Self-issued under the trusted name: the name is right, the key is not. */
TEST(cl_12_self_signed_in_the_name_of_the_ca)
{
	struct maker maker = ca_maker("CN=Issuing", DEVICE, "CN=Issuing", DEVICE, -1);
	CLEANUP(question_done) struct question question = { .leaf = maker_parse(&maker) };

	trust(&question, make_issuing());
	expect_refused(&question, REASON_UNTRUSTED_ISSUER);
}

TEST(cl_14_ca_of_the_same_name_and_key_id_with_another_key)
{
	struct maker trusted = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, -1);
	struct maker impostor = ca_maker("CN=Issuing", OTHER, "CN=Issuing", OTHER, -1);
	struct maker device = device_maker("CN=Issuing", OTHER);

	maker_key_ids(&trusted, BYTES_LITERAL("id"), (struct bytes){ 0 });
	maker_key_ids(&impostor, BYTES_LITERAL("id"), (struct bytes){ 0 });
	maker_key_ids(&device, (struct bytes){ 0 }, BYTES_LITERAL("id"));
	CLEANUP(question_done) struct question question = { .leaf = maker_parse(&device) };
	trust(&question, maker_parse(&trusted));
	expect_refused(&question, REASON_UNTRUSTED_ISSUER);
	send(&question, maker_parse(&impostor));
	expect_refused(&question, REASON_UNTRUSTED_ISSUER);
}

TEST(cl_17_same_issuer_serial_and_key_id_as_a_trusted_certificate)
{
	struct maker maker = device_maker("CN=Issuing", OTHER);
	CLEANUP(question_done) struct question question = { .leaf = maker_parse(&maker) };

	trust(&question, make_issuing());
	expect_refused(&question, REASON_UNTRUSTED_ISSUER);
}

TEST(cl_18_altered_signature)
{
	struct maker maker = device_maker("CN=Issuing", ISSUING);
	CLEANUP(buffer_done) struct buffer der = maker_encode(&maker);
	CLEANUP(question_done) struct question question = { 0 };

	der.data[der.len - 1] ^= 1;
	EXPECT_OK(cert_parse(buffer_view(&der), &question.leaf, &err), err);
	trust(&question, make_issuing());
	expect_refused(&question, REASON_UNTRUSTED_ISSUER);
}

TEST(an_anchor_presented_as_the_client_proves_nothing)
{
	CLEANUP(question_done) struct question root = { .leaf = make_root() };
	CLEANUP(question_done) struct question issuing = { .leaf = make_issuing() };

	trust(&root, make_root());
	expect_refused(&root, REASON_UNTRUSTED_ISSUER);
	trust(&issuing, make_issuing());
	expect_refused(&issuing, REASON_CHAIN_INCOMPLETE);
}

/* The Basic Constraints hole of the browsers of 2002. */
TEST(an_end_entity_never_signs)
{
	struct maker low = device_maker("CN=device-1", DEVICE);
	CLEANUP(question_done) struct question question = { 0 };

	low.subject = "CN=device-2";
	low.key = keys[OTHER];
	question.leaf = maker_parse(&low);
	send(&question, make_device());
	trust(&question, make_issuing());
	expect_refused(&question, REASON_UNTRUSTED_ISSUER);
}

TEST(cl_19_an_end_entity_among_the_anchors_never_signs)
{
	struct maker low = device_maker("CN=device-1", DEVICE);
	CLEANUP(question_done) struct question question = { 0 };

	low.subject = "CN=device-2";
	low.key = keys[OTHER];
	question.leaf = maker_parse(&low);
	trust(&question, make_device());
	expect_refused(&question, REASON_CHAIN_INCOMPLETE);
}

TEST(a_ca_without_key_cert_sign_never_signs)
{
	struct maker maker = { .subject = "CN=Issuing",
			       .issuer = "CN=Root",
			       .key = keys[ISSUING],
			       .signer = keys[ROOT] };
	CLEANUP(question_done) struct question question = { .leaf = make_device() };

	maker_ca(&maker, -1);
	maker_key_usage(&maker, KU_CRL_SIGN);
	send(&question, maker_parse(&maker));
	trust(&question, make_root());
	expect_refused(&question, REASON_UNTRUSTED_ISSUER);
}

/* -- bounded work -- */

TEST(cl_12_too_many_certificates)
{
	CLEANUP(question_done) struct question question = { .leaf = make_device() };
	struct maker maker = ca_maker("CN=Issuing", OTHER, "CN=Issuing", OTHER, -1);
	CLEANUP(buffer_done) struct buffer der = maker_encode(&maker);
	int64_t begun;

	for (size_t i = 0; i < CERTS_MAX; i++) {
		struct cert *cert = NULL;
		EXPECT_OK(cert_parse(buffer_view(&der), &cert, &err), err);
		send(&question, cert);
	}
	begun = cpu_us();
	expect_refused(&question, REASON_CLIENT_CERT_INVALID);
	assert_true(cpu_us() - begun < 1000);
}

/* Two CAs that certify each other, sent with a leaf below one of them. */
TEST(cl_12_cross_signed_loop)
{
	CLEANUP(question_done) struct question question = { 0 };
	struct maker device = device_maker("CN=A", ISSUING);

	question.leaf = maker_parse(&device);
	send(&question, make_ca("CN=A", ISSUING, "CN=B", LOWER));
	send(&question, make_ca("CN=B", LOWER, "CN=A", ISSUING));
	trust(&question, make_root());
	expect_refused(&question, REASON_UNTRUSTED_ISSUER);
}

/* Every anchor and every sent certificate bears the name, none the key. */
TEST(cl_12_signature_checks_are_bounded)
{
	CLEANUP(question_done) struct question question = { .leaf = make_device() };
	struct maker maker = ca_maker("CN=Issuing", OTHER, "CN=Issuing", OTHER, -1);
	CLEANUP(buffer_done) struct buffer der = maker_encode(&maker);

	for (size_t i = 0; i < CERTS_MAX; i++) {
		struct cert *cert = NULL;
		EXPECT_OK(cert_parse(buffer_view(&der), &cert, &err), err);
		trust(&question, cert);
	}
	expect_refused(&question, REASON_CLIENT_CERT_INVALID);
	assert_non_null(strstr(err.detail, "more than 16"));
}

/* No key may stand in a path twice, so each CA has its own. */
TEST(cl_12_the_longest_chain_and_one_more)
{
	struct private_key *own[CHAIN_DEPTH_MAX + 1];
	char names[CHAIN_DEPTH_MAX + 1][16];
	CLEANUP(question_done) struct question question = { 0 };

	for (size_t i = 0; i <= CHAIN_DEPTH_MAX; i++) {
		snprintf(names[i], sizeof names[i], "CN=CA %zu", i);
		EXPECT_OK(private_key_generate(KEY_P256, 0, &own[i], &err), err);
	}
	for (size_t i = 1; i <= CHAIN_DEPTH_MAX; i++) {
		struct maker maker = { .subject = names[i],
				       .issuer = names[i - 1],
				       .key = own[i],
				       .signer = own[i - 1] };
		maker_ca(&maker, -1);
		send(&question, maker_parse(&maker));
	}
	struct maker device = { .subject = "CN=device-1",
				.issuer = names[CHAIN_DEPTH_MAX],
				.key = keys[DEVICE],
				.signer = own[CHAIN_DEPTH_MAX] };
	question.leaf = maker_parse(&device);
	struct maker root = { .subject = names[0], .key = own[0] };
	maker_ca(&root, -1);
	trust(&question, maker_parse(&root));
	expect_trusted(&question, 0);

	send(&question, make_issuing());
	expect_refused(&question, REASON_CLIENT_CERT_INVALID);
	for (size_t i = 0; i <= CHAIN_DEPTH_MAX; i++)
		private_key_free(own[i]);
}

/* -- what is trusted -- */

TEST(an_issuing_ca_alone_suffices)
{
	CLEANUP(question_done) struct question question = { .leaf = make_device() };

	trust(&question, make_ca("CN=Elsewhere", OTHER, "CN=Elsewhere", OTHER));
	trust(&question, make_issuing());
	expect_trusted(&question, 1);
}

TEST(a_root_with_what_the_client_sent_in_any_order)
{
	struct maker device = device_maker("CN=Lower", LOWER);
	CLEANUP(question_done) struct question question = { 0 };

	question.leaf = maker_parse(&device);
	send(&question, make_root());
	send(&question, make_device());
	send(&question, make_issuing());
	send(&question, make_ca("CN=Lower", LOWER, "CN=Issuing", ISSUING));
	trust(&question, make_root());
	expect_trusted(&question, 0);
}

/* An anchor of the right name with another key is passed by (CL-15: a CA that was renamed anew). */
TEST(cl_15_namesakes_among_the_anchors)
{
	CLEANUP(question_done) struct question question = { .leaf = make_device() };

	trust(&question, make_ca("CN=Issuing", OTHER, "CN=Root", ROOT));
	trust(&question, make_issuing());
	expect_trusted(&question, 1);
}

/* The expired certificate of a CA beside its renewed one, both sent. */
TEST(another_way_is_found_around_an_expired_one)
{
	struct maker expired = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, -1);
	CLEANUP(question_done) struct question question = { .leaf = make_device() };

	expired.not_after = MAKER_NOW - 1;
	send(&question, maker_parse(&expired));
	send(&question, make_issuing());
	trust(&question, make_root());
	expect_trusted(&question, 0);
}

TEST(names_meet_by_rule_not_by_bytes)
{
	struct maker device = device_maker("CN=issuing", ISSUING);
	CLEANUP(question_done) struct question question = { .leaf = maker_parse(&device) };

	trust(&question, make_issuing());
	expect_trusted(&question, 0);
}

/* -- memory that runs out -- */

static struct buffer leaf_der, sent_der, anchor_der;

static bool parse_and_check(void)
{
	CLEANUP(cert_freep) struct cert *leaf = NULL;
	CLEANUP(cert_freep) struct cert *sent = NULL;
	CLEANUP(cert_freep) struct cert *anchor = NULL;
	struct error why = { 0 };
	size_t found;

	bool done = cert_parse(buffer_view(&leaf_der), &leaf, &why) &&
		    cert_parse(buffer_view(&sent_der), &sent, &why) &&
		    cert_parse(buffer_view(&anchor_der), &anchor, &why);
	if (done) {
		const struct chain_request request = {
			.leaf = leaf,
			.sent = (const struct cert *const *)&sent,
			.sent_count = 1,
			.anchors = (const struct cert *const *)&anchor,
			.anchor_count = 1,
			.now = MAKER_NOW,
		};
		done = chain_check(&request, &found, &why);
	}
	assert_true(done || why.reason != REASON_NONE);
	return done;
}

static bool parse_and_expect_refusal(void)
{
	assert_false(parse_and_check());
	return true;
}

/* An issuing CA that may certify names under one domain only, and a device with this name. */
static void encode_constrained_chain(struct bytes host)
{
	CLEANUP(buffer_done) struct buffer names = { 0 };
	struct maker device = device_maker("CN=Issuing", ISSUING);
	struct maker issuing = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, -1);
	struct maker root = ca_maker("CN=Root", ROOT, "CN=Root", ROOT, -1);

	maker_general_name(&names, 0x82, host);
	maker_san(&device, buffer_view(&names));
	maker_extension(&issuing, oid_name_constraints, true,
			BYTES_LITERAL("\x30\x11\xa0\x0f\x30\x0d\x82\x0b"
				      "example.com"));
	leaf_der = maker_encode(&device);
	sent_der = maker_encode(&issuing);
	anchor_der = maker_encode(&root);
}

static void free_constrained_chain(void)
{
	buffer_done(&leaf_der);
	buffer_done(&sent_der);
	buffer_done(&anchor_der);
}

TEST(a_chain_without_memory)
{
	encode_constrained_chain(BYTES_LITERAL("device.example.com"));
	starve(parse_and_check, 5000);
	free_constrained_chain();
}

/* V7: whatever fails inside, what is to be refused is not accepted. */
TEST(a_chain_to_be_refused_without_memory)
{
	encode_constrained_chain(BYTES_LITERAL("device.example.org"));
	starve(parse_and_expect_refusal, 5000);
	free_constrained_chain();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(no_anchors_at_all),
		RUN(cl_12_self_signed),
		RUN(cl_12_self_signed_in_the_name_of_the_ca),
		RUN(cl_14_ca_of_the_same_name_and_key_id_with_another_key),
		RUN(cl_17_same_issuer_serial_and_key_id_as_a_trusted_certificate),
		RUN(cl_18_altered_signature),
		RUN(an_anchor_presented_as_the_client_proves_nothing),
		RUN(an_end_entity_never_signs),
		RUN(cl_19_an_end_entity_among_the_anchors_never_signs),
		RUN(a_ca_without_key_cert_sign_never_signs),
		RUN(cl_12_too_many_certificates),
		RUN(cl_12_cross_signed_loop),
		RUN(cl_12_signature_checks_are_bounded),
		RUN(cl_12_the_longest_chain_and_one_more),
		RUN(an_issuing_ca_alone_suffices),
		RUN(a_root_with_what_the_client_sent_in_any_order),
		RUN(cl_15_namesakes_among_the_anchors),
		RUN(another_way_is_found_around_an_expired_one),
		RUN(names_meet_by_rule_not_by_bytes),
		RUN(a_chain_without_memory),
		RUN(a_chain_to_be_refused_without_memory),
	};

	starvation_begin();
	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
