#include "chain_scene.h"

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
		RUN(cl_20_weakly_signed_leaf),
		RUN(cl_20_weakly_signed_intermediate),
		RUN(cl_20_weak_keys_of_leaf_and_intermediate),
		RUN(cl_19_expired_and_future_cas),
		RUN(the_last_second_counts),
		RUN(the_leaf_is_not_judged_by_time),
		RUN(path_length),
		RUN(unknown_critical_extensions),
		RUN(cl_28_outsized_policies),
		RUN(cl_09_client_usage),
		RUN(cl_19_what_is_no_anchor),
		RUN(anchors_that_are_fit),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
