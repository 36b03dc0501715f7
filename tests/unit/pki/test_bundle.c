#include "test.h"

#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include "base/base64.h"
#include "hex.h"
#include "pki/bundle.h"
#include "pki/key_internal.h"
#include "pki/pkcs12.h"
#include "pki/pkcs7.h"
#include "sample.h"

#define PASSPHRASE BYTES_LITERAL("correct horse")

static struct private_key *key;
static struct buffer ca, leaf; /* DER; `ca` is the key's */

static int make_certs(void **state)
{
	(void)state;
	key = sample_key(KEY_P256);
	struct private_key *leaf_key = sample_key(KEY_P256);
	struct plan ca_plan = sample_ca(key, "CN=CA");
	struct plan leaf_plan = sample_leaf(leaf_key, "CN=dev-1", "CN=CA");
	sample_certificate(&ca_plan, key, &ca);
	sample_certificate(&leaf_plan, key, &leaf);
	private_key_free(leaf_key);
	return 0;
}

static int drop_certs(void **state)
{
	(void)state;
	private_key_free(key);
	buffer_done(&ca);
	buffer_done(&leaf);
	return 0;
}

static void write_pkcs7(struct buffer *to)
{
	struct bytes certs[] = { buffer_view(&ca), buffer_view(&leaf) };
	struct error err = { 0 };

	EXPECT_OK(pkcs7_certs_only_encode(certs, 2, to, &err), err);
}

static void expect_refused(struct bytes text, enum reason reason)
{
	struct bundle bundle = { 0 };
	struct error err = { 0 };

	EXPECT_REFUSED(bundle_parse(text, &bundle, &err), err, reason);
	assert_null(bundle.certs);
}

static void expect_count(struct bytes text, size_t count)
{
	CLEANUP(bundle_done) struct bundle bundle = { 0 };
	struct error err = { 0 };

	EXPECT_OK(bundle_parse(text, &bundle, &err), err);
	assert_int_equal(bundle.count, count);
}

/* -- what is refused -- */

TEST(co_18_a_private_key_anywhere_is_refused)
{
	CLEANUP(buffer_wipe) struct buffer pkcs8 = { 0 };
	CLEANUP(buffer_done) struct buffer plain = { 0 };
	CLEANUP(buffer_done) struct buffer encrypted = { 0 };
	CLEANUP(buffer_done) struct buffer disguised = { 0 };
	CLEANUP(buffer_done) struct buffer base64 = { 0 };
	struct error err = { 0 };

	EXPECT_OK(private_key_encode(key, &pkcs8, &err), err);
	expect_refused(buffer_view(&pkcs8), REASON_PRIVATE_KEY_REFUSED);

	pem_encode("CERTIFICATE", buffer_view(&ca), &plain);
	pem_encode("PRIVATE KEY", buffer_view(&pkcs8), &plain);
	expect_refused(buffer_view(&plain), REASON_PRIVATE_KEY_REFUSED);

	EXPECT_OK(private_key_encrypt(key, PASSPHRASE, &encrypted, &err), err);
	expect_refused(buffer_view(&encrypted), REASON_PRIVATE_KEY_REFUSED);

	pem_encode("CERTIFICATE", buffer_view(&pkcs8), &disguised);
	expect_refused(buffer_view(&disguised), REASON_PRIVATE_KEY_REFUSED);

	base64_encode(buffer_view(&pkcs8), 64, &base64);
	expect_refused(buffer_view(&base64), REASON_PRIVATE_KEY_REFUSED);
	expect_refused(BYTES_LITERAL("-----BEGIN OPENSSH PRIVATE KEY-----\nbroken"),
		       REASON_PRIVATE_KEY_REFUSED);
	expect_refused(BYTES_LITERAL("PuTTY-User-Key-File-3: ssh-ed25519\n"),
		       REASON_PRIVATE_KEY_REFUSED);
}

TEST(co_18_an_encrypted_key_in_der_is_refused)
{
	CLEANUP(buffer_done) struct buffer pem = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };

	EXPECT_OK(private_key_encrypt(key, PASSPHRASE, &pem, &err), err);
	assert_true(pem_decode(buffer_view(&pem), "ENCRYPTED PRIVATE KEY", NULL, &der));
	expect_refused(buffer_view(&der), REASON_PRIVATE_KEY_REFUSED);
}

TEST(co_18_a_pkcs12_is_refused)
{
	CLEANUP(buffer_done) struct buffer pkcs12 = { 0 };
	struct bytes cert = buffer_view(&ca);
	struct error err = { 0 };

	EXPECT_OK(pkcs12_encode(key, &cert, 1, "ca", PASSPHRASE, &pkcs12, &err), err);
	expect_refused(buffer_view(&pkcs12), REASON_PRIVATE_KEY_REFUSED);
	expect_refused(BYTES_LITERAL("\x30\x80\x02\x01\x03\x30\x80"), REASON_PRIVATE_KEY_REFUSED);
}

TEST(co_18_what_is_no_certificate_is_refused)
{
	static const struct bytes refused[] = {
		BYTES_LITERAL(""),
		BYTES_LITERAL(" \r\n"),
		BYTES_LITERAL("hello"),
		BYTES_LITERAL("PK\x03\x04\x14\x00\x00\x00"),
		BYTES_LITERAL("0 s:CN = a"),
		BYTES_LITERAL("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
		BYTES_LITERAL("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"),
		BYTES_LITERAL("-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"),
		BYTES_LITERAL("-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n"),
		BYTES_LITERAL("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"),
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		expect_refused(refused[i], REASON_IMPORT_MALFORMED);
}

TEST(co_18_a_pkcs7_in_a_pkcs7_is_refused)
{
	CLEANUP(buffer_done) struct buffer inner = { 0 };
	CLEANUP(buffer_done) struct buffer outer = { 0 };
	struct error err = { 0 };

	write_pkcs7(&inner);
	struct bytes certs[] = { buffer_view(&ca), buffer_view(&inner) };
	EXPECT_OK(pkcs7_certs_only_encode(certs, 2, &outer, &err), err);
	expect_refused(buffer_view(&outer), REASON_IMPORT_MALFORMED);
}

TEST(co_18_bytes_and_certificates_are_capped)
{
	CLEANUP(buffer_done) struct buffer big = { 0 };
	CLEANUP(buffer_done) struct buffer many = { 0 };

	memset(buffer_reserve(&big, BUNDLE_BYTES_MAX + 1), '\n', BUNDLE_BYTES_MAX + 1);
	expect_refused(buffer_view(&big), REASON_IMPORT_MALFORMED);

	for (unsigned int i = 0; i <= BUNDLE_CERTS_MAX; i++) {
		CLEANUP(buffer_done) struct buffer der = { 0 };
		unsigned char serial[] = { 1, (unsigned char)i };
		struct plan plan = sample_ca(key, "CN=CA");

		plan.serial = (struct bytes){ serial, sizeof serial };
		sample_certificate(&plan, key, &der);
		if (i == BUNDLE_CERTS_MAX)
			expect_count(buffer_view(&many), BUNDLE_CERTS_MAX);
		pem_encode("CERTIFICATE", buffer_view(&der), &many);
	}
	expect_refused(buffer_view(&many), REASON_IMPORT_MALFORMED);
}

TEST(co_19_the_broken_block_is_named)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct bundle bundle = { 0 };
	struct error err = { 0 };

	pem_encode("CERTIFICATE", buffer_view(&ca), &text);
	pem_encode("CERTIFICATE", BYTES_LITERAL("\x30\x03\x30\x01\x00"), &text);
	EXPECT_REFUSED(bundle_parse(buffer_view(&text), &bundle, &err), err,
		       REASON_IMPORT_MALFORMED);
	assert_non_null(strstr(err.detail, "block 2"));

	buffer_clear(&text);
	pem_encode("CERTIFICATE", buffer_view(&ca), &text);
	buffer_append_text(&text, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END PKCS7-----\n");
	EXPECT_REFUSED(bundle_parse(buffer_view(&text), &bundle, &err), err,
		       REASON_IMPORT_MALFORMED);
	assert_non_null(strstr(err.detail, "block 2"));
	assert_null(bundle.certs);
}

/* -- what is read -- */

static void write_with_crlf(struct buffer *to, struct bytes text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '\n')
			buffer_append_byte(to, '\r');
		buffer_append_byte(to, text.data[i]);
	}
}

TEST(co_19_blocks_are_found_among_junk)
{
	CLEANUP(buffer_done) struct buffer pkcs7 = { 0 };
	CLEANUP(buffer_done) struct buffer text = { 0 };
	CLEANUP(buffer_done) struct buffer crlf = { 0 };

	write_pkcs7(&pkcs7);
	buffer_append_text(&text, "\xef\xbb\xbf"
				  "Bag Attributes\nsubject=CN = dev-1\n");
	pem_encode("CERTIFICATE", buffer_view(&leaf), &text);
	buffer_append_text(&text, "-----\nour CA:\n");
	pem_encode("X509 CERTIFICATE", buffer_view(&ca), &text);
	pem_encode("PKCS7", buffer_view(&pkcs7), &text);
	buffer_append_text(&text, "and again\n");
	pem_encode("CMS", buffer_view(&pkcs7), &text);
	expect_count(buffer_view(&text), 2);
	write_with_crlf(&crlf, buffer_view(&text));
	expect_count(buffer_view(&crlf), 2);
}

TEST(der_is_read_as_it_is)
{
	CLEANUP(buffer_done) struct buffer pkcs7 = { 0 };
	CLEANUP(buffer_done) struct buffer base64 = { 0 };

	write_pkcs7(&pkcs7);
	expect_count(buffer_view(&ca), 1);
	expect_count(buffer_view(&pkcs7), 2);
	base64_encode(buffer_view(&pkcs7), 0, &base64);
	expect_count(buffer_view(&base64), 2);
	buffer_append_byte(&pkcs7, 0);
	expect_refused(buffer_view(&pkcs7), REASON_IMPORT_MALFORMED);
}

/* -- PEM by label -- */

TEST(there_is_exactly_one_block_of_a_label)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };

	pem_encode("A", BYTES_LITERAL("one"), &text);
	pem_encode("B", BYTES_LITERAL("two"), &text);
	assert_false(pem_decode(buffer_view(&text), "C", NULL, &der));
	assert_false(pem_decode(buffer_view(&text), "A", "B", &der));
	assert_true(pem_decode(buffer_view(&text), "B", "C", &der));
	assert_true(bytes_equal(buffer_view(&der), BYTES_LITERAL("two")));
	buffer_append_text(&text, "-----BEGIN B-----");
	assert_false(pem_decode(buffer_view(&text), "B", NULL, &der));
	assert_false(pem_decode((struct bytes){ 0 }, "B", NULL, &der));
}

/* -- a CA with its key -- */

static void expect_keyed_refused(struct bytes file, struct bytes passphrase, enum reason reason)
{
	struct bundle chain = { 0 };
	struct private_key *read = NULL;
	struct error err = { 0 };

	EXPECT_REFUSED(keyed_bundle_parse(file, passphrase, &chain, &read, &err), err, reason);
	assert_null(chain.certs);
	assert_null(read);
}

static void expect_keyed(struct bytes file, struct bytes passphrase, size_t count)
{
	CLEANUP(bundle_done) struct bundle chain = { 0 };
	CLEANUP(private_key_freep) struct private_key *read = NULL;
	struct error err = { 0 };

	EXPECT_OK(keyed_bundle_parse(file, passphrase, &chain, &read, &err), err);
	assert_int_equal(chain.count, count);
	assert_true(bytes_equal(cert_der(chain.certs[0]), buffer_view(&ca)));
	assert_int_equal(EVP_PKEY_eq(read->evp, key->evp), 1);
}

TEST(a_pem_key_finds_its_certificate)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	CLEANUP(buffer_wipe) struct buffer pkcs8 = { 0 };
	struct error err = { 0 };

	pem_encode("CERTIFICATE", buffer_view(&leaf), &text);
	expect_keyed_refused(buffer_view(&text), PASSPHRASE, REASON_IMPORT_MALFORMED);
	EXPECT_OK(private_key_encrypt(key, PASSPHRASE, &text, &err), err);
	expect_keyed_refused(buffer_view(&text), PASSPHRASE, REASON_IMPORT_MALFORMED);
	pem_encode("CERTIFICATE", buffer_view(&ca), &text);
	expect_keyed(buffer_view(&text), PASSPHRASE, 2);
	expect_keyed_refused(buffer_view(&text), BYTES_LITERAL("wrong"), REASON_SECRET_FILE);
	EXPECT_OK(private_key_encode(key, &pkcs8, &err), err);
	pem_encode("PRIVATE KEY", buffer_view(&pkcs8), &text);
	expect_keyed_refused(buffer_view(&text), PASSPHRASE, REASON_IMPORT_MALFORMED);
}

TEST(keys_in_older_pem_forms_are_read)
{
	CLEANUP(buffer_done) struct buffer text = { 0 };
	CLEANUP(buffer_done) struct buffer broken = { 0 };
	CLEANUP(buffer_wipe) struct buffer pkcs8 = { 0 };
	struct error err = { 0 };
	unsigned char *sec1 = NULL;
	int len = i2d_PrivateKey(key->evp, &sec1);

	assert_true(len > 0);
	pem_encode("EC PARAMETERS", BYTES_LITERAL("\x06\x01\x2a"), &text);
	pem_encode("EC PRIVATE KEY", (struct bytes){ sec1, (size_t)len }, &text);
	pem_encode("CERTIFICATE", buffer_view(&ca), &text);
	OPENSSL_free(sec1);
	expect_keyed(buffer_view(&text), (struct bytes){ 0 }, 1);

	buffer_clear(&text);
	EXPECT_OK(private_key_encode(key, &pkcs8, &err), err);
	pem_encode("PRIVATE KEY", buffer_view(&pkcs8), &text);
	pem_encode("CERTIFICATE", buffer_view(&ca), &text);
	expect_keyed(buffer_view(&text), (struct bytes){ 0 }, 1);

	buffer_append_text(&broken, "-----BEGIN EC PRIVATE KEY-----\n"
				    "Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,00\n\nMAA=\n"
				    "-----END EC PRIVATE KEY-----\n");
	expect_keyed_refused(buffer_view(&broken), PASSPHRASE, REASON_IMPORT_MALFORMED);
}

TEST(a_pkcs12_goes_there_and_back)
{
	CLEANUP(buffer_done) struct buffer pkcs12 = { 0 };
	struct bytes certs[] = { buffer_view(&ca), buffer_view(&leaf) };
	struct error err = { 0 };

	EXPECT_REFUSED(pkcs12_encode(key, certs, 0, "ca", PASSPHRASE, &pkcs12, &err), err,
		       REASON_INVALID);
	EXPECT_REFUSED(pkcs12_encode(key, certs, 2, "ca", (struct bytes){ 0 }, &pkcs12, &err), err,
		       REASON_INVALID);
	EXPECT_REFUSED(pkcs12_encode(key, certs, 2, "ca", BYTES_LITERAL("a\0b"), &pkcs12, &err),
		       err, REASON_INVALID);
	EXPECT_OK(pkcs12_encode(key, certs, 2, "ca", PASSPHRASE, &pkcs12, &err), err);
	expect_keyed(buffer_view(&pkcs12), PASSPHRASE, 2);
	expect_keyed_refused(buffer_view(&pkcs12), BYTES_LITERAL("wrong"), REASON_SECRET_FILE);
	expect_keyed_refused(buffer_view(&pkcs12), (struct bytes){ 0 }, REASON_SECRET_FILE);
	expect_keyed_refused((struct bytes){ pkcs12.data, pkcs12.len - 1 }, PASSPHRASE,
			     REASON_IMPORT_MALFORMED);
}

static bool holds(const struct buffer *whole, const char *hex)
{
	CLEANUP(buffer_done) struct buffer part = { 0 };

	hex_into(&part, hex);
	return memmem(whole->data, whole->len, part.data, part.len) != NULL;
}

TEST(a_pkcs12_is_written_with_aes_and_sha_256)
{
	CLEANUP(buffer_done) struct buffer pkcs12 = { 0 };
	struct bytes cert = buffer_view(&ca);
	struct error err = { 0 };

	EXPECT_OK(pkcs12_encode(key, &cert, 1, "ca", PASSPHRASE, &pkcs12, &err), err);
	assert_true(holds(&pkcs12, "0609 60864801650304012a"));           /* AES-256-CBC */
	assert_true(holds(&pkcs12, "0608 2a864886f70d0209"));             /* HMAC with SHA-256 */
	assert_true(holds(&pkcs12, "3031 300d 0609 608648016503040201")); /* the MAC's SHA-256 */
	assert_false(holds(&pkcs12, "2a864886f70d010c01"));               /* RFC 7292's own PBE */
	assert_false(holds(&pkcs12, "2b0e03021a"));                       /* SHA-1 */
}

/* A PKCS#12 of OpenSSL's making; `mac_iterations` -1 leaves the MAC out. */
static void write_openssls(struct buffer *to, const char *passphrase, int nid, int iterations,
			   int mac_iterations)
{
	const unsigned char *at = ca.data;
	X509 *x509 = d2i_X509(NULL, &at, (long)ca.len);
	PKCS12 *pkcs12 = PKCS12_create(passphrase, NULL, key->evp, x509, NULL, nid, nid, iterations,
				       mac_iterations, 0);
	unsigned char *der = NULL;
	int len = i2d_PKCS12(pkcs12, &der);

	assert_true(len > 0);
	buffer_append(to, (struct bytes){ der, (size_t)len });
	OPENSSL_free(der);
	PKCS12_free(pkcs12);
	X509_free(x509);
}

TEST(pkcs12_of_other_makers_is_read)
{
	CLEANUP(buffer_done) struct buffer triple_des = { 0 };
	CLEANUP(buffer_done) struct buffer without_mac = { 0 };
	CLEANUP(buffer_done) struct buffer empty = { 0 };
	CLEANUP(buffer_done) struct buffer absent = { 0 };

	write_openssls(&triple_des, "x", NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 1000, 1);
	expect_keyed(buffer_view(&triple_des), BYTES_LITERAL("x"), 1);
	write_openssls(&without_mac, "x", NID_aes_128_cbc, 1000, -1);
	expect_keyed(buffer_view(&without_mac), BYTES_LITERAL("x"), 1);
	expect_keyed_refused(buffer_view(&without_mac), BYTES_LITERAL("y"), REASON_SECRET_FILE);
	write_openssls(&empty, "", NID_aes_256_cbc, 1000, 1000);
	expect_keyed(buffer_view(&empty), (struct bytes){ 0 }, 1);
	write_openssls(&absent, NULL, NID_aes_256_cbc, 1000, 1000);
	expect_keyed(buffer_view(&absent), (struct bytes){ 0 }, 1);
}

/* Where iterations are patched below: 65793 is 02 03 010101, 8388607 is 02 03 7fffff. */
#define PATCHABLE 0x010101

static size_t patch_all(struct buffer *der)
{
	static const unsigned char from[] = { 2, 3, 1, 1, 1 }, to[] = { 2, 3, 0x7f, 0xff, 0xff };
	size_t count = 0;
	unsigned char *at = memmem(der->data, der->len, from, sizeof from);

	for (; at; count++) {
		memcpy(at, to, sizeof to);
		at = memmem(der->data, der->len, from, sizeof from);
	}
	return count;
}

static void expect_bomb_refused(const struct buffer *pkcs12)
{
	struct bundle chain = { 0 };
	struct private_key *read = NULL;
	struct error err = { 0 };

	EXPECT_REFUSED(keyed_bundle_parse(buffer_view(pkcs12), PASSPHRASE, &chain, &read, &err),
		       err, REASON_IMPORT_MALFORMED);
	assert_non_null(strstr(err.detail, "iterations"));
}

TEST(an_iteration_bomb_is_refused_before_it_runs)
{
	CLEANUP(buffer_done) struct buffer mac = { 0 };
	CLEANUP(buffer_done) struct buffer pbes2 = { 0 };
	CLEANUP(buffer_done) struct buffer old = { 0 };

	write_openssls(&mac, "x", NID_aes_256_cbc, 1, PATCHABLE);
	assert_int_equal(patch_all(&mac), 1);
	expect_bomb_refused(&mac);
	write_openssls(&pbes2, "x", NID_aes_256_cbc, PATCHABLE, -1);
	assert_int_equal(patch_all(&pbes2), 2);
	expect_bomb_refused(&pbes2);
	write_openssls(&old, "x", NID_pbe_WithSHA1And3_Key_TripleDES_CBC, PATCHABLE, -1);
	assert_int_equal(patch_all(&old), 2);
	expect_bomb_refused(&old);
}

static bool costs(const char *hex, uint32_t *ret)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };

	return pbe_iterations(hex_into(&der, hex), ret);
}

TEST(costs_that_cannot_be_told_are_refused)
{
	static const char *const refused[] = {
		"",
		"3000",
		"300b 0609 2a864886f70d01050d",                             /* no parameters */
		"3017 0609 2a864886f70d01050d 300a 3008 0606 2b06010401da", /* not PBKDF2 */
		"3011 060a 2a864886f70d010c0103 3003 040161",               /* no count */
		"3014 060a 2a864886f70d010c0103 3006 040161 020100",        /* zero */
		"3014 060a 2a864886f70d010c0103 3006 040161 0201ff",        /* negative */
		"3018 060a 2a864886f70d010c0103 300a 040161 020500ffffffff",
		"3013 0609 2a864886f70d010101 3006 040161 020105", /* no PBE */
	};
	uint32_t iterations;

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (costs(refused[i], &iterations))
			fail_msg("taken: %s", refused[i]);
	assert_true(costs("3014 060a 2a864886f70d010c0103 3006 040161 020105", &iterations));
	assert_int_equal(iterations, 5);
}

TEST(keyed_files_are_bounded)
{
	CLEANUP(buffer_done) struct buffer big = { 0 };

	memset(buffer_reserve(&big, BUNDLE_BYTES_MAX + 1), 0x30, BUNDLE_BYTES_MAX + 1);
	expect_keyed_refused(buffer_view(&big), PASSPHRASE, REASON_IMPORT_MALFORMED);
	expect_keyed_refused((struct bytes){ 0 }, PASSPHRASE, REASON_IMPORT_MALFORMED);
	expect_keyed_refused((struct bytes){ big.data, 10 }, PASSPHRASE, REASON_IMPORT_MALFORMED);
	expect_keyed_refused(buffer_view(&ca), PASSPHRASE, REASON_IMPORT_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(co_18_a_private_key_anywhere_is_refused),
		RUN(co_18_an_encrypted_key_in_der_is_refused),
		RUN(co_18_a_pkcs12_is_refused),
		RUN(co_18_what_is_no_certificate_is_refused),
		RUN(co_18_a_pkcs7_in_a_pkcs7_is_refused),
		RUN(co_18_bytes_and_certificates_are_capped),
		RUN(co_19_the_broken_block_is_named),
		RUN(co_19_blocks_are_found_among_junk),
		RUN(der_is_read_as_it_is),
		RUN(there_is_exactly_one_block_of_a_label),
		RUN(a_pem_key_finds_its_certificate),
		RUN(keys_in_older_pem_forms_are_read),
		RUN(a_pkcs12_goes_there_and_back),
		RUN(a_pkcs12_is_written_with_aes_and_sha_256),
		RUN(pkcs12_of_other_makers_is_read),
		RUN(an_iteration_bomb_is_refused_before_it_runs),
		RUN(costs_that_cannot_be_told_are_refused),
		RUN(keyed_files_are_bounded),
	};

	return cmocka_run_group_tests(tests, make_certs, drop_certs);
}
