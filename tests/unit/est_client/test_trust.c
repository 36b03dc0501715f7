#include "../pki/cert_maker.h"

#include "est_client/trust.h"

static struct error err;

/* A root, an intermediate CA and a server; what a test spoils, it spoils before server_make(). */
struct scene {
	struct private_key *root_key, *ca_key, *key;
	struct cert *root, *ca;
	struct trust trust;
	struct maker leaf;
};

static struct private_key *make_key(void)
{
	struct private_key *key = NULL;

	EXPECT_OK(private_key_generate(KEY_P256, 0, &key, &err), err);
	return key;
}

static void san_dns(struct maker *maker, const char *host)
{
	CLEANUP(buffer_done) struct buffer names = { 0 };

	maker_general_name(&names, 0x82, bytes_of_string(host));
	maker_san(maker, buffer_view(&names));
}

static struct scene *scene_new(void)
{
	struct scene *scene = calloc(1, sizeof *scene);

	assert_non_null(scene);
	scene->root_key = make_key();
	scene->ca_key = make_key();
	scene->key = make_key();

	struct maker root = { .subject = "CN=root", .key = scene->root_key };
	maker_ca(&root, -1);
	scene->root = maker_parse(&root);
	struct maker ca = { .subject = "CN=ca",
			    .issuer = "CN=root",
			    .key = scene->ca_key,
			    .signer = scene->root_key };
	maker_ca(&ca, 0);
	scene->ca = maker_parse(&ca);
	scene->leaf = (struct maker){ .subject = "CN=server",
				      .issuer = "CN=ca",
				      .key = scene->key,
				      .signer = scene->ca_key };
	EXPECT_OK(trust_add(&scene->trust, scene->root, &err), err);
	return scene;
}

static void scene_freep(struct scene **scene)
{
	cert_free((*scene)->root);
	cert_free((*scene)->ca);
	private_key_free((*scene)->root_key);
	private_key_free((*scene)->ca_key);
	private_key_free((*scene)->key);
	trust_done(&(*scene)->trust);
	buffer_done(&(*scene)->leaf.extensions);
	free(*scene);
}

static bool check(struct scene *scene, const char *host, int64_t now)
{
	CLEANUP(cert_freep) struct cert *leaf = maker_parse(&scene->leaf);
	const struct cert *const certs[] = { leaf, scene->ca };
	const struct server_chain chain = { certs, ARRAY_LEN(certs) };

	return trust_check_server(&scene->trust, host, &chain, now, &err);
}

#define SCENE CLEANUP(scene_freep) struct scene *scene = scene_new()
#define EXPECT_UNTRUSTED(host, now)                                                                \
	EXPECT_REFUSED(check(scene, host, now), err, REASON_SERVER_UNTRUSTED)

TEST(cb_01_another_host)
{
	SCENE;
	san_dns(&scene->leaf, "a.example");
	EXPECT_UNTRUSTED("b.example", MAKER_NOW);
}

TEST(cb_01_no_names_at_all_not_even_by_cn)
{
	SCENE;
	EXPECT_UNTRUSTED("server", MAKER_NOW);
}

TEST(cb_01_expired_and_not_yet)
{
	SCENE;
	san_dns(&scene->leaf, "a.example");
	scene->leaf.not_after = MAKER_NOW + 10;
	EXPECT_UNTRUSTED("a.example", MAKER_NOW + 11);
	san_dns(&scene->leaf, "a.example");
	scene->leaf.not_after = 0;
	scene->leaf.not_before = MAKER_NOW + 5;
	EXPECT_UNTRUSTED("a.example", MAKER_NOW + 4);
}

TEST(cb_01_a_certificate_of_a_client)
{
	SCENE;
	san_dns(&scene->leaf, "a.example");
	maker_ext_key_usage(&scene->leaf, oid_client_auth);
	EXPECT_UNTRUSTED("a.example", MAKER_NOW);
}

TEST(cb_01_another_root)
{
	SCENE;
	CLEANUP(private_key_freep) struct private_key *key = make_key();
	struct maker other = { .subject = "CN=root", .key = key };

	maker_ca(&other, -1);
	CLEANUP(cert_freep) struct cert *root = maker_parse(&other);
	trust_done(&scene->trust);
	EXPECT_OK(trust_add(&scene->trust, root, &err), err);
	san_dns(&scene->leaf, "a.example");
	EXPECT_UNTRUSTED("a.example", MAKER_NOW);
}

TEST(nobody_is_trusted_by_nobody)
{
	SCENE;
	const struct server_chain none = { NULL, 0 };

	EXPECT_REFUSED(trust_check_server(&scene->trust, "a", &none, MAKER_NOW, &err), err,
		       REASON_SERVER_UNTRUSTED);
	trust_done(&scene->trust);
	san_dns(&scene->leaf, "a.example");
	EXPECT_UNTRUSTED("a.example", MAKER_NOW);
}

TEST(tls_06_host_name)
{
	SCENE;
	san_dns(&scene->leaf, "A.example");
	EXPECT_OK(check(scene, "a.Example", MAKER_NOW), err);
}

TEST(tls_06_cmc_ra_needs_no_host_name)
{
	SCENE;
	maker_ext_key_usage(&scene->leaf, oid_cmc_ra);
	EXPECT_OK(check(scene, "whatever.example", MAKER_NOW), err);
}

TEST(host_names_by_rfc_9525)
{
	static const struct {
		unsigned int tag;
		struct bytes value;
		const char *host;
		bool matches;
	} cases[] = {
		{ 0x82, BYTES_LITERAL("*.example.org"), "a.example.org", true },
		{ 0x82, BYTES_LITERAL("*.example.org"), "a.b.example.org", false },
		{ 0x82, BYTES_LITERAL("*.example.org"), "example.org", false },
		{ 0x82, BYTES_LITERAL("*.org"), "example.org", false },
		{ 0x82, BYTES_LITERAL("a*.example.org"), "ab.example.org", false },
		{ 0x82, BYTES_LITERAL("example.org"), "example.org.evil", false },
		{ 0x87, BYTES_LITERAL("\xc0\x00\x02\x01"), "192.0.2.1", true },
		{ 0x87, BYTES_LITERAL("\xc0\x00\x02\x01"), "192.0.2.2", false },
		{ 0x87, BYTES_LITERAL("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1"), "::1", true },
		{ 0x86, BYTES_LITERAL("https://example.org/"), "example.org", false },
	};
	SCENE;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buffer_done) struct buffer names = { 0 };

		maker_general_name(&names, cases[i].tag, cases[i].value);
		maker_san(&scene->leaf, buffer_view(&names));
		CLEANUP(cert_freep) struct cert *leaf = maker_parse(&scene->leaf);
		if (trust_host_matches(leaf, cases[i].host) != cases[i].matches)
			fail_msg("%s, case %zu", cases[i].host, i);
	}
}

/* CA-03, CA-04: roots are anchors, links between an old and a new key are not. */
TEST(ca_04_only_roots_become_anchors)
{
	SCENE;
	CLEANUP(private_key_freep) struct private_key *new_key = make_key();
	struct maker new_root = { .subject = "CN=root", .key = new_key };
	struct maker new_with_old = { .subject = "CN=root",
				      .key = new_key,
				      .signer = scene->root_key };
	struct cert *certs[4] = { scene->ca, scene->root };
	struct bundle cacerts = { certs, 4 }, anchors = { 0 };

	maker_ca(&new_root, -1);
	maker_ca(&new_with_old, -1);
	certs[2] = maker_parse(&new_root);
	certs[3] = maker_parse(&new_with_old);
	EXPECT_OK(trust_pick_anchors(&cacerts, MAKER_NOW, &anchors, &err), err);
	assert_int_equal(anchors.count, 2);
	assert_true(bytes_equal(cert_der(anchors.certs[0]), cert_der(scene->root)));
	assert_true(bytes_equal(cert_der(anchors.certs[1]), cert_der(certs[2])));
	bundle_done(&anchors);
	/* a server that leaves its root out */
	cacerts.count = 1;
	EXPECT_OK(trust_pick_anchors(&cacerts, MAKER_NOW, &anchors, &err), err);
	assert_int_equal(anchors.count, 1);
	bundle_done(&anchors);
	EXPECT_REFUSED(
		trust_pick_anchors(&cacerts, MAKER_NOW + 9000 * (int64_t)MAKER_DAY, &anchors, &err),
		err, REASON_SERVER_ANSWER);
	cert_free(certs[2]);
	cert_free(certs[3]);
}

TEST_MAIN(RUN(cb_01_another_host), RUN(cb_01_no_names_at_all_not_even_by_cn),
	  RUN(cb_01_expired_and_not_yet), RUN(cb_01_a_certificate_of_a_client),
	  RUN(cb_01_another_root), RUN(nobody_is_trusted_by_nobody), RUN(tls_06_host_name),
	  RUN(tls_06_cmc_ra_needs_no_host_name), RUN(host_names_by_rfc_9525),
	  RUN(ca_04_only_roots_become_anchors))
