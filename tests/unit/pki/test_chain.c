#include "cert_maker.h"

#include <time.h>

#include "pki/chain.h"

static struct error err;

/* -- keys, made once -- */

enum { ROOT, ISSUING, LOWER, DEVICE, OTHER, KEYS };
static struct private_key *keys[KEYS];

static int make_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYS; i++)
		EXPECT_OK(private_key_generate(KEY_P256, 0, &keys[i], &err), err);
	return 0;
}

static int free_keys(void **state)
{
	(void)state;
	for (size_t i = 0; i < KEYS; i++)
		private_key_free(keys[i]);
	return 0;
}

/* -- certificates -- */

static struct maker ca_maker(const char *subject, size_t key, const char *issuer, size_t signer,
			     int path_len)
{
	struct maker maker = {
		.subject = subject, .issuer = issuer, .key = keys[key], .signer = keys[signer]
	};

	maker_ca(&maker, path_len);
	maker_key_usage(&maker, KU_KEY_CERT_SIGN | KU_CRL_SIGN);
	return maker;
}

static struct cert *make_ca(const char *subject, size_t key, const char *issuer, size_t signer)
{
	struct maker maker = ca_maker(subject, key, issuer, signer, -1);

	return maker_parse(&maker);
}

static struct cert *make_root(void)
{
	return make_ca("CN=Root", ROOT, "CN=Root", ROOT);
}

static struct cert *make_issuing(void)
{
	return make_ca("CN=Issuing", ISSUING, "CN=Root", ROOT);
}

static struct maker device_maker(const char *issuer, size_t signer)
{
	return (struct maker){ .subject = "CN=device-1",
			       .issuer = issuer,
			       .key = keys[DEVICE],
			       .signer = keys[signer] };
}

static struct cert *make_device(void)
{
	struct maker maker = device_maker("CN=Issuing", ISSUING);

	return maker_parse(&maker);
}

/* -- one question -- */

#define CERTS_MAX 100

struct question {
	struct cert *leaf;
	struct cert *sent[CERTS_MAX];
	size_t sent_count;
	struct cert *anchors[CERTS_MAX];
	size_t anchor_count;
};

static void question_done(struct question *question)
{
	cert_free(question->leaf);
	for (size_t i = 0; i < question->sent_count; i++)
		cert_free(question->sent[i]);
	for (size_t i = 0; i < question->anchor_count; i++)
		cert_free(question->anchors[i]);
}

static void send(struct question *question, struct cert *cert)
{
	question->sent[question->sent_count++] = cert;
}

static void trust(struct question *question, struct cert *cert)
{
	question->anchors[question->anchor_count++] = cert;
}

static bool ask(const struct question *question, size_t *ret_anchor, struct error *why)
{
	const struct chain_request request = {
		.leaf = question->leaf,
		.sent = (const struct cert *const *)question->sent,
		.sent_count = question->sent_count,
		.anchors = (const struct cert *const *)question->anchors,
		.anchor_count = question->anchor_count,
		.now = MAKER_NOW,
	};

	*why = (struct error){ 0 };
	return chain_check(&request, ret_anchor, why);
}

static void expect_trusted(const struct question *question, size_t anchor)
{
	size_t found = SIZE_MAX;

	EXPECT_OK(ask(question, &found, &err), err);
	assert_int_equal(found, anchor);
}

static void expect_refused(const struct question *question, enum reason reason)
{
	size_t found = SIZE_MAX;

	EXPECT_REFUSED(ask(question, &found, &err), err, reason);
	assert_int_equal(found, SIZE_MAX);
	assert_true(err.detail[0]);
}

static int64_t cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

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

/* -- weakness -- */

static const struct bytes ecdsa_sha1 =
	BYTES_LITERAL("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01");
static const struct bytes rsa_md5 =
	BYTES_LITERAL("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04\x05\x00");

TEST(cl_20_weakly_signed_leaf)
{
	const struct bytes weak[] = { ecdsa_sha1, rsa_md5 };

	for (size_t i = 0; i < ARRAY_LEN(weak); i++) {
		struct maker maker = device_maker("CN=Issuing", ISSUING);
		CLEANUP(question_done) struct question question = { 0 };

		maker.algorithm_der = weak[i];
		question.leaf = maker_parse(&maker);
		trust(&question, make_issuing());
		expect_refused(&question, REASON_CLIENT_CERT_WEAK);
	}
}

TEST(cl_20_weakly_signed_intermediate)
{
	struct maker maker = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, -1);
	CLEANUP(question_done) struct question question = { .leaf = make_device() };

	maker.algorithm_der = ecdsa_sha1;
	send(&question, maker_parse(&maker));
	trust(&question, make_root());
	expect_refused(&question, REASON_CLIENT_CERT_WEAK);
}

/* A 1024-bit modulus without small factors; nobody needs its private half. */
static void write_small_rsa(struct buffer *to)
{
	unsigned char modulus[128];
	CLEANUP(buffer_done) struct buffer numbers = { 0 };
	CLEANUP(buffer_done) struct buffer algorithm = { 0 };

	memset(modulus, 0xc5, sizeof modulus);
	size_t list = der_begin(&numbers, DER_SEQUENCE);
	der_write_unsigned(&numbers, (struct bytes){ modulus, sizeof modulus });
	der_write_small(&numbers, 65537);
	der_end(&numbers, list);
	der_write_oid(&algorithm, BYTES_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01"));
	der_write_null(&algorithm);
	size_t spki = der_begin(to, DER_SEQUENCE);
	der_write(to, DER_SEQUENCE, buffer_view(&algorithm));
	der_write_octet_bits(to, buffer_view(&numbers));
	der_end(to, spki);
}

TEST(cl_20_weak_keys_of_leaf_and_intermediate)
{
	CLEANUP(buffer_done) struct buffer spki = { 0 };
	struct maker device = device_maker("CN=Issuing", ISSUING);
	struct maker ca = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, -1);
	CLEANUP(question_done) struct question leaf = { 0 };
	CLEANUP(question_done) struct question above = { .leaf = make_device() };

	write_small_rsa(&spki);
	device.spki = buffer_view(&spki);
	ca.spki = buffer_view(&spki);
	leaf.leaf = maker_parse(&device);
	trust(&leaf, make_issuing());
	expect_refused(&leaf, REASON_CLIENT_CERT_WEAK);
	send(&above, maker_parse(&ca));
	trust(&above, make_root());
	expect_refused(&above, REASON_CLIENT_CERT_WEAK);
}

/* -- rules of a proven path -- */

TEST(cl_19_expired_and_future_cas)
{
	struct maker expired = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, -1);
	struct maker future = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, -1);
	struct maker anchor = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, -1);
	CLEANUP(question_done) struct question below_expired = { .leaf = make_device() };
	CLEANUP(question_done) struct question below_future = { .leaf = make_device() };
	CLEANUP(question_done) struct question below_anchor = { .leaf = make_device() };

	expired.not_after = anchor.not_after = MAKER_NOW - 1;
	future.not_before = MAKER_NOW + 1;
	send(&below_expired, maker_parse(&expired));
	trust(&below_expired, make_root());
	expect_refused(&below_expired, REASON_UNTRUSTED_ISSUER);
	assert_non_null(strstr(err.detail, "expired"));
	send(&below_future, maker_parse(&future));
	trust(&below_future, make_root());
	expect_refused(&below_future, REASON_UNTRUSTED_ISSUER);
	assert_non_null(strstr(err.detail, "not valid before"));
	trust(&below_anchor, maker_parse(&anchor));
	expect_refused(&below_anchor, REASON_UNTRUSTED_ISSUER);
	assert_non_null(strstr(err.detail, "expired"));
}

TEST(the_last_second_counts)
{
	struct maker last = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, -1);
	CLEANUP(question_done) struct question question = { .leaf = make_device() };

	last.not_after = MAKER_NOW;
	trust(&question, maker_parse(&last));
	expect_trusted(&question, 0);
}

TEST(the_leaf_is_not_judged_by_time)
{
	struct maker maker = device_maker("CN=Issuing", ISSUING);
	CLEANUP(question_done) struct question question = { 0 };

	maker.not_after = MAKER_NOW - 1;
	question.leaf = maker_parse(&maker);
	trust(&question, make_issuing());
	expect_trusted(&question, 0);
}

TEST(path_length)
{
	struct maker device = device_maker("CN=Lower", LOWER);
	struct maker zero = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, 0);
	struct maker one = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, 1);
	CLEANUP(question_done) struct question too_long = { 0 };
	CLEANUP(question_done) struct question fitting = { 0 };
	CLEANUP(question_done) struct question direct = { .leaf = make_device() };

	too_long.leaf = maker_parse(&device);
	send(&too_long, make_ca("CN=Lower", LOWER, "CN=Issuing", ISSUING));
	trust(&too_long, maker_parse(&zero));
	expect_refused(&too_long, REASON_CLIENT_CERT_INVALID);
	assert_non_null(strstr(err.detail, "path length"));

	fitting.leaf = maker_parse(&device);
	send(&fitting, make_ca("CN=Lower", LOWER, "CN=Issuing", ISSUING));
	trust(&fitting, maker_parse(&one));
	expect_trusted(&fitting, 0);

	zero = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, 0);
	trust(&direct, maker_parse(&zero));
	expect_trusted(&direct, 0);
}

TEST(unknown_critical_extensions)
{
	const struct bytes odd = BYTES_LITERAL("\x2a\x03\x04");
	const struct bytes null = BYTES_LITERAL("\x05\x00");
	struct maker device = device_maker("CN=Issuing", ISSUING);
	struct maker ca = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, -1);
	struct maker harmless = device_maker("CN=Issuing", ISSUING);
	CLEANUP(question_done) struct question leaf = { 0 };
	CLEANUP(question_done) struct question above = { .leaf = make_device() };
	CLEANUP(question_done) struct question fine = { 0 };

	maker_extension(&device, odd, true, null);
	leaf.leaf = maker_parse(&device);
	trust(&leaf, make_issuing());
	expect_refused(&leaf, REASON_CLIENT_CERT_INVALID);

	maker_extension(&ca, odd, true, null);
	trust(&above, maker_parse(&ca));
	expect_refused(&above, REASON_CLIENT_CERT_INVALID);

	maker_extension(&harmless, odd, false, null);
	fine.leaf = maker_parse(&harmless);
	trust(&fine, make_issuing());
	expect_trusted(&fine, 0);
}

TEST(cl_28_outsized_policies)
{
	CLEANUP(buffer_done) struct buffer policies = { 0 };
	struct maker small = device_maker("CN=Issuing", ISSUING);
	struct maker large = device_maker("CN=Issuing", ISSUING);
	CLEANUP(question_done) struct question known = { 0 };
	CLEANUP(question_done) struct question bomb = { 0 };

	maker_extension(&small, oid_certificate_policies, true, BYTES_LITERAL("\x30\x00"));
	known.leaf = maker_parse(&small);
	trust(&known, make_issuing());
	expect_trusted(&known, 0);

	assert_non_null(buffer_reserve(&policies, 8193));
	memset(policies.data, 0, policies.len);
	maker_extension(&large, BYTES_LITERAL("\x55\x1d\x21"), false, buffer_view(&policies));
	bomb.leaf = maker_parse(&large);
	trust(&bomb, make_issuing());
	expect_refused(&bomb, REASON_CLIENT_CERT_INVALID);
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

/* -- roles -- */

TEST(cl_09_client_usage)
{
	struct maker server = device_maker("CN=Issuing", ISSUING);
	struct maker any = device_maker("CN=Issuing", ISSUING);
	struct maker client = device_maker("CN=Issuing", ISSUING);
	struct maker encipher = device_maker("CN=Issuing", ISSUING);

	maker_ext_key_usage(&server, oid_server_auth);
	maker_ext_key_usage(&any, oid_any_ext_key_usage);
	maker_ext_key_usage(&client, oid_client_auth);
	maker_key_usage(&client, KU_DIGITAL_SIGNATURE | KU_KEY_ENCIPHERMENT);
	maker_key_usage(&encipher, KU_KEY_ENCIPHERMENT);
	CLEANUP(cert_freep) struct cert *for_server = maker_parse(&server);
	CLEANUP(cert_freep) struct cert *for_any = maker_parse(&any);
	CLEANUP(cert_freep) struct cert *for_client = maker_parse(&client);
	CLEANUP(cert_freep) struct cert *for_encipherment = maker_parse(&encipher);
	CLEANUP(cert_freep) struct cert *for_all = make_device();

	EXPECT_REFUSED(chain_check_client_usage(for_server, true, &err), err,
		       REASON_CLIENT_CERT_USAGE);
	EXPECT_REFUSED(chain_check_client_usage(for_any, false, &err), err,
		       REASON_CLIENT_CERT_USAGE);
	EXPECT_REFUSED(chain_check_client_usage(for_encipherment, true, &err), err,
		       REASON_CLIENT_CERT_USAGE);
	EXPECT_OK(chain_check_client_usage(for_any, true, &err), err);
	EXPECT_OK(chain_check_client_usage(for_client, false, &err), err);
	EXPECT_OK(chain_check_client_usage(for_all, false, &err), err);
}

static void expect_no_anchor(struct maker maker, const char *words)
{
	CLEANUP(cert_freep) struct cert *cert = maker_parse(&maker);

	EXPECT_REFUSED(chain_check_anchor(cert, MAKER_NOW, &err), err, REASON_NOT_A_CA);
	if (!strstr(err.detail, words))
		fail_msg("\"%s\" does not speak of \"%s\"", err.detail, words);
}

TEST(cl_19_what_is_no_anchor)
{
	CLEANUP(buffer_done) struct buffer small = { 0 };
	struct maker leaf = device_maker("CN=Issuing", ISSUING);
	struct maker expired = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, -1);
	struct maker sha1 = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, -1);
	struct maker rsa_1024 = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, -1);
	struct maker critical = ca_maker("CN=Issuing", ISSUING, "CN=Root", ROOT, -1);

	expect_no_anchor(leaf, "CA:TRUE");
	expired.not_after = MAKER_NOW - 1;
	expect_no_anchor(expired, "expired");
	sha1.algorithm_der = ecdsa_sha1;
	expect_no_anchor(sha1, "SHA-1");
	write_small_rsa(&small);
	rsa_1024.spki = buffer_view(&small);
	expect_no_anchor(rsa_1024, "1024 bits");
	maker_extension(&critical, BYTES_LITERAL("\x2a\x03\x04"), true, BYTES_LITERAL("\x05\x00"));
	expect_no_anchor(critical, "critical");
}

TEST(anchors_that_are_fit)
{
	struct maker old_root = ca_maker("CN=Root", ROOT, "CN=Root", ROOT, -1);
	old_root.algorithm_der = ecdsa_sha1; /* its own signature says nothing anyway */
	CLEANUP(cert_freep) struct cert *root = maker_parse(&old_root);
	CLEANUP(cert_freep) struct cert *issuing = make_issuing();

	EXPECT_OK(chain_check_anchor(root, MAKER_NOW, &err), err);
	EXPECT_OK(chain_check_anchor(issuing, MAKER_NOW, &err), err);
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
		RUN(cl_20_weakly_signed_leaf),
		RUN(cl_20_weakly_signed_intermediate),
		RUN(cl_20_weak_keys_of_leaf_and_intermediate),
		RUN(cl_19_expired_and_future_cas),
		RUN(the_last_second_counts),
		RUN(the_leaf_is_not_judged_by_time),
		RUN(path_length),
		RUN(unknown_critical_extensions),
		RUN(cl_28_outsized_policies),
		RUN(an_issuing_ca_alone_suffices),
		RUN(a_root_with_what_the_client_sent_in_any_order),
		RUN(cl_15_namesakes_among_the_anchors),
		RUN(another_way_is_found_around_an_expired_one),
		RUN(names_meet_by_rule_not_by_bytes),
		RUN(cl_09_client_usage),
		RUN(cl_19_what_is_no_anchor),
		RUN(anchors_that_are_fit),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
