#include "vector.h"

#include <string.h>
#include <time.h>

#include "base/hex.h"
#include "pki/csr.h"
#include "pki/der.h"

static struct error err;

/* -- helpers -- */

static bool parse_vector(const char *name, bool lenient, struct csr **ret, struct error *why)
{
	CLEANUP(buffer_done) struct buffer der = vector_load("csr", name);

	return csr_parse(buffer_view(&der), lenient, ret, why);
}

/* What both say when a CSR is parsed and verified at once: REASON_NONE for yes. */
static void expect_same_at_once(const char *name, bool lenient, enum reason reason)
{
	CLEANUP(buffer_done) struct buffer der = vector_load("csr", name);
	CLEANUP(verifier_freep) struct verifier *verifier = NULL;
	CLEANUP(csr_freep) struct csr *csr = NULL;
	struct error why = { 0 };

	EXPECT_OK(verifier_new(&verifier, &why), why);
	bool taken = csr_parse_verified(verifier, buffer_view(&der), lenient, &csr, &why);
	if (taken != (reason == REASON_NONE) || (!taken && why.reason != reason))
		fail_msg("%s, at once: got %s (%s); wanted %s", name,
			 taken ? "it" : reason_code(why.reason), why.detail, reason_code(reason));
}

static void expect_refused(const char *name, bool lenient, enum reason reason)
{
	CLEANUP(csr_freep) struct csr *csr = NULL;
	struct error why = { 0 };

	if (parse_vector(name, lenient, &csr, &why))
		fail_msg("%s was accepted; wanted %s", name, reason_code(reason));
	if (why.reason != reason)
		fail_msg("%s: got %s (%s); wanted %s", name, reason_code(why.reason), why.detail,
			 reason_code(reason));
	assert_true(why.detail[0]);
	assert_null(csr);
	expect_same_at_once(name, lenient, reason);
}

/* Strict and lenient differ in two things only, and none of these is one. */
static void expect_refused_always(const char *name, enum reason reason)
{
	expect_refused(name, false, reason);
	expect_refused(name, true, reason);
}

static struct csr *expect_parsed(const char *name, bool lenient)
{
	struct csr *csr = NULL;
	struct error why = { 0 };

	if (!parse_vector(name, lenient, &csr, &why))
		fail_msg("%s: %s: %s", name, reason_code(why.reason), why.detail);
	return csr;
}

static void expect_verified(const char *name)
{
	CLEANUP(csr_freep) struct csr *csr = expect_parsed(name, false);
	struct error why = { 0 };

	if (!csr_verify(csr, &why))
		fail_msg("%s: %s: %s", name, reason_code(why.reason), why.detail);
	expect_same_at_once(name, false, REASON_NONE);
}

static void expect_not_verified(const char *name, enum reason reason)
{
	CLEANUP(csr_freep) struct csr *csr = expect_parsed(name, false);
	struct error why = { 0 };

	if (csr_verify(csr, &why))
		fail_msg("%s was verified", name);
	if (why.reason != reason)
		fail_msg("%s: got %s (%s)", name, reason_code(why.reason), why.detail);
	expect_same_at_once(name, false, reason);
}

static int64_t cpu_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

/* -- refusals -- */

static const char *const valid[] = {
	"ok-p256",     "ok-p384",           "ok-p521",       "ok-ed25519",
	"ok-rsa-2048", "ok-rsa-exponent-3", "ok-everything", "ok-change-both",
};

TEST(cs_01_truncated_at_every_offset)
{
	for (size_t i = 0; i < ARRAY_LEN(valid); i++) {
		CLEANUP(buffer_done) struct buffer whole = vector_load("csr", valid[i]);

		for (size_t len = 0; len < whole.len; len++) {
			/* a copy of its own, so that the sanitizer sees a read behind its end */
			CLEANUP(buffer_done) struct buffer cut = { 0 };
			CLEANUP(csr_freep) struct csr *csr = NULL;

			buffer_append(&cut, (struct bytes){ whole.data, len });
			EXPECT_REFUSED(csr_parse(buffer_view(&cut), true, &csr, &err), err,
				       REASON_CSR_MALFORMED);
		}
	}
}

/* Every byte is covered by structure or signature: whatever changes must be noticed. */
TEST(cs_02_one_changed_byte_is_always_noticed)
{
	for (size_t i = 0; i < ARRAY_LEN(valid); i++) {
		CLEANUP(buffer_done) struct buffer der = vector_load("csr", valid[i]);

		for (size_t at = 0; at < der.len; at++) {
			CLEANUP(csr_freep) struct csr *csr = NULL;
			unsigned char was = der.data[at];

			der.data[at] ^= (unsigned char)(1u << at % 8);
			if (csr_parse(buffer_view(&der), true, &csr, &err) && csr_verify(csr, &err))
				fail_msg("%s: byte %zu changed and nobody saw", valid[i], at);
			der.data[at] = was;
		}
	}
}

TEST(cs_03_bytes_after_and_ber_lengths)
{
	expect_refused_always("trailing-bytes", REASON_CSR_MALFORMED);
	expect_refused_always("trailing-second", REASON_CSR_MALFORMED);
	expect_refused_always("trailing-inside", REASON_CSR_MALFORMED);
	expect_refused_always("trailing-in-info", REASON_CSR_MALFORMED);
	expect_refused_always("ber-indefinite", REASON_CSR_MALFORMED);
	expect_refused_always("ber-length-not-minimal", REASON_CSR_MALFORMED);
	expect_refused_always("length-2-to-31", REASON_CSR_MALFORMED);
	expect_refused_always("length-2-to-32", REASON_CSR_MALFORMED);
	expect_refused_always("length-2-to-63", REASON_CSR_MALFORMED);
}

TEST(cs_04_depth_and_counts_are_bounded)
{
	int64_t begun = cpu_us();

	expect_refused_always("nested", REASON_CSR_MALFORMED);
	expect_refused_always("name-1000-rdns", REASON_NAME_INVALID);
	expect_refused_always("too-large", REASON_TOO_LARGE);
	assert_true(cpu_us() - begun < 50000);
}

TEST(cs_05_version_attributes_and_algorithm_parameters)
{
	expect_refused_always("version-1", REASON_CSR_MALFORMED);
	expect_refused_always("version-minus-1", REASON_CSR_MALFORMED);
	expect_refused_always("version-two-octets", REASON_CSR_MALFORMED);
	expect_refused("lenient-no-attributes", false, REASON_CSR_MALFORMED);
	expect_refused_always("attribute-twice", REASON_CSR_MALFORMED);
	expect_refused_always("attribute-unknown-twice", REASON_CSR_MALFORMED);
	expect_not_verified("signature-rsa-null-missing", REASON_POP_FAILED);
	expect_not_verified("signature-ecdsa-null-extra", REASON_POP_FAILED);

	CLEANUP(csr_freep) struct csr *csr = expect_parsed("lenient-no-attributes", true);
	EXPECT_OK(csr_verify(csr, &err), err);
}

TEST(cs_06_wrong_signatures)
{
	expect_not_verified("signature-wrong", REASON_POP_FAILED);
	expect_not_verified("signature-of-other-key", REASON_POP_FAILED);
	expect_not_verified("signature-empty", REASON_POP_FAILED);
	expect_not_verified("signature-zeros", REASON_POP_FAILED);
	expect_not_verified("signature-algorithm-of-other-type", REASON_POP_FAILED);
	expect_not_verified("signature-pss-salt-20", REASON_POP_FAILED);
	expect_not_verified("signature-pss-shorter-salt", REASON_POP_FAILED);
	expect_refused_always("signature-unused-bits", REASON_CSR_MALFORMED);
}

TEST(enr_01_weak_signature_algorithms)
{
	expect_not_verified("signature-md5", REASON_SIGNATURE_WEAK);
	expect_not_verified("signature-sha1", REASON_SIGNATURE_WEAK);
	expect_not_verified("signature-ecdsa-sha1", REASON_SIGNATURE_WEAK);
	expect_not_verified("signature-pss-sha1", REASON_SIGNATURE_WEAK);
}

TEST(cs_09_rsa_exponent_one_is_refused)
{
	expect_refused_always("rsa-e-1-forged", REASON_KEY_INVALID);
}

TEST(cs_09_rsa_exponents)
{
	expect_refused_always("rsa-e-0", REASON_KEY_INVALID);
	expect_refused_always("rsa-e-2", REASON_KEY_INVALID);
	expect_refused_always("rsa-e-even", REASON_KEY_INVALID);
	expect_refused_always("rsa-e-negative", REASON_KEY_INVALID);
	expect_refused_always("rsa-e-above-n", REASON_KEY_INVALID);
	expect_refused_always("rsa-e-65-bits", REASON_KEY_INVALID);
}

TEST(cs_10_rsa_sizes)
{
	expect_refused_always("rsa-512", REASON_KEY_TOO_WEAK);
	expect_refused_always("rsa-1023", REASON_KEY_TOO_WEAK);
	expect_refused_always("rsa-1024", REASON_KEY_TOO_WEAK);
	expect_refused_always("rsa-2047", REASON_KEY_TOO_WEAK);
	expect_refused_always("rsa-2050", REASON_KEY_INVALID);
	expect_refused_always("rsa-4104", REASON_KEY_INVALID);

	/* a size that only profiles refuse */
	CLEANUP(csr_freep) struct csr *csr = expect_parsed("rsa-2056", false);
	assert_int_equal(public_key_bits(csr_key(csr)), 2056);
}

TEST(cs_11_huge_rsa_keys_cost_nothing)
{
	const int rounds = 100;
	int64_t begun = cpu_us();

	for (int i = 0; i < rounds; i++) {
		expect_refused("rsa-8192", false, REASON_KEY_INVALID);
		expect_refused("rsa-16384", false, REASON_KEY_INVALID);
		expect_refused("rsa-16392", false, REASON_KEY_INVALID);
		expect_refused("rsa-65536", false, REASON_KEY_INVALID);
		expect_refused("rsa-e-long", false, REASON_KEY_INVALID);
	}
	assert_true((cpu_us() - begun) / (5 * rounds) < 1000);
}

TEST(cs_13_rsa_moduli)
{
	expect_refused_always("rsa-even", REASON_KEY_INVALID);
	expect_refused_always("rsa-factor-3", REASON_KEY_INVALID);
	expect_refused_always("rsa-factor-997", REASON_KEY_INVALID);
	expect_refused_always("rsa-modulus-negative", REASON_KEY_INVALID);
	expect_refused_always("rsa-modulus-zero", REASON_KEY_INVALID);
	expect_refused_always("rsa-modulus-empty", REASON_KEY_INVALID);
	expect_refused_always("rsa-modulus-padded", REASON_KEY_INVALID);
	expect_refused_always("rsa-third-number", REASON_KEY_INVALID);
	expect_refused_always("rsa-parameters-absent", REASON_KEY_INVALID);
}

TEST(cs_14_curves)
{
	expect_refused_always("ec-p192", REASON_KEY_TYPE_NOT_ALLOWED);
	expect_refused_always("ec-p224", REASON_KEY_TYPE_NOT_ALLOWED);
	expect_refused_always("ec-secp256k1", REASON_KEY_TYPE_NOT_ALLOWED);
	expect_refused_always("ec-sect163k1", REASON_KEY_TYPE_NOT_ALLOWED);
	expect_refused_always("ec-secp112r1", REASON_KEY_TYPE_NOT_ALLOWED);
	expect_refused_always("ec-brainpool", REASON_KEY_TYPE_NOT_ALLOWED);
}

TEST(cs_15_explicit_curves)
{
	expect_refused_always("ec-explicit", REASON_KEY_TYPE_NOT_ALLOWED);
	expect_refused_always("ec-explicit-other-generator", REASON_KEY_TYPE_NOT_ALLOWED);
	expect_refused_always("ec-implicit", REASON_KEY_TYPE_NOT_ALLOWED);
	expect_refused_always("ec-no-parameters", REASON_KEY_TYPE_NOT_ALLOWED);
}

TEST(cs_16_ec_points)
{
	expect_refused_always("ec-off-curve", REASON_KEY_INVALID);
	expect_refused_always("ec-origin", REASON_KEY_INVALID);
	expect_refused_always("ec-infinity", REASON_KEY_INVALID);
	expect_refused_always("ec-empty", REASON_KEY_INVALID);
	expect_refused_always("ec-x-above-p", REASON_KEY_INVALID);
	expect_refused_always("ec-compressed", REASON_KEY_INVALID);
	expect_refused_always("ec-hybrid", REASON_KEY_INVALID);
	expect_refused_always("ec-short", REASON_KEY_INVALID);
	expect_refused_always("ec-long", REASON_KEY_INVALID);
	expect_refused_always("ec-unused-bits", REASON_KEY_INVALID);
}

TEST(cs_17_ed25519)
{
	expect_refused_always("ed25519-small-order-0", REASON_KEY_INVALID);
	expect_refused_always("ed25519-small-order-1", REASON_KEY_INVALID);
	expect_refused_always("ed25519-small-order-1-sign", REASON_KEY_INVALID);
	expect_refused_always("ed25519-small-order-p-minus-1", REASON_KEY_INVALID);
	expect_refused_always("ed25519-small-order-8", REASON_KEY_INVALID);
	expect_refused_always("ed25519-small-order-8-sign", REASON_KEY_INVALID);
	expect_refused_always("ed25519-y-p", REASON_KEY_INVALID);
	expect_refused_always("ed25519-y-p-plus-3", REASON_KEY_INVALID);
	expect_refused_always("ed25519-31", REASON_KEY_INVALID);
	expect_refused_always("ed25519-33", REASON_KEY_INVALID);
	expect_refused_always("x25519", REASON_KEY_TYPE_NOT_ALLOWED);
	expect_refused_always("ed448", REASON_KEY_TYPE_NOT_ALLOWED);
}

TEST(cs_18_roca_fingerprint)
{
	expect_refused_always("rsa-roca", REASON_KEY_BLOCKLISTED);
}

TEST(cs_19_close_primes)
{
	expect_refused_always("rsa-close-primes", REASON_KEY_BLOCKLISTED);
	expect_refused_always("rsa-square", REASON_KEY_BLOCKLISTED);
}

TEST(cs_21_other_keys)
{
	expect_refused_always("dsa", REASON_KEY_TYPE_NOT_ALLOWED);
	expect_refused_always("dh", REASON_KEY_TYPE_NOT_ALLOWED);
	expect_refused_always("gost", REASON_KEY_TYPE_NOT_ALLOWED);
	expect_refused_always("rsa-pss-key", REASON_KEY_TYPE_NOT_ALLOWED);
	expect_refused_always("composite", REASON_KEY_TYPE_NOT_ALLOWED);
	expect_refused_always("unknown-key", REASON_KEY_TYPE_NOT_ALLOWED);
	expect_refused_always("key-garbage", REASON_KEY_INVALID);
}

TEST(cs_22_names_that_steer)
{
	expect_refused_always("name-nul", REASON_NAME_INVALID);
	expect_refused_always("name-crlf", REASON_NAME_INVALID);
	expect_refused_always("name-65", REASON_NAME_INVALID);
	expect_refused_always("san-nul", REASON_NAME_INVALID);
	expect_refused_always("san-ip-5", REASON_NAME_INVALID);
}

TEST(cs_32_extensions_asked_for_twice)
{
	expect_refused_always("extensions-san-twice", REASON_EXTENSION_NOT_ALLOWED);
	expect_refused_always("extensions-both-oids", REASON_CSR_MALFORMED);
	expect_refused_always("extensions-two-values", REASON_CSR_MALFORMED);
	expect_refused("lenient-microsoft", false, REASON_CSR_MALFORMED);
}

TEST(cs_39_malformed_extensions)
{
	expect_refused_always("extensions-empty-value", REASON_EXTENSION_NOT_ALLOWED);
	expect_refused_always("extensions-not-sequence", REASON_EXTENSION_NOT_ALLOWED);
	expect_refused_always("extensions-33", REASON_EXTENSION_NOT_ALLOWED);
}

TEST(cs_41_empty_sequences)
{
	expect_refused_always("san-empty", REASON_NAME_INVALID);
	expect_refused_always("name-empty-rdn", REASON_NAME_INVALID);
}

TEST(cs_42_attributes_are_bounded)
{
	expect_refused_always("attributes-17", REASON_CSR_MALFORMED);
	expect_refused_always("attribute-without-value", REASON_CSR_MALFORMED);
	expect_refused_always("attribute-not-sequence", REASON_CSR_MALFORMED);
	expect_refused_always("challenge-two-values", REASON_CSR_MALFORMED);
	expect_refused_always("challenge-256", REASON_CSR_MALFORMED);
	expect_refused_always("challenge-20000", REASON_CSR_MALFORMED);
	expect_refused_always("challenge-nul", REASON_CSR_MALFORMED);
	expect_refused_always("challenge-escape", REASON_CSR_MALFORMED);
	expect_refused_always("challenge-octets", REASON_CSR_MALFORMED);
	expect_refused_always("challenge-bad-utf8", REASON_CSR_MALFORMED);
}

TEST(cs_46_other_things_are_called_by_their_name)
{
	static const struct {
		const char *name, *words;
	} strangers[] = {
		{ "stranger-certificate", "a certificate" }, { "stranger-pkcs7", "PKCS#7" },
		{ "stranger-private-key", "a private key" }, { "stranger-crmf", "CRMF" },
		{ "stranger-openssh", "not a DER" },         { "stranger-empty", "not a DER" },
	};

	for (size_t i = 0; i < ARRAY_LEN(strangers); i++) {
		CLEANUP(csr_freep) struct csr *csr = NULL;

		EXPECT_REFUSED(parse_vector(strangers[i].name, false, &csr, &err), err,
			       REASON_CSR_MALFORMED);
		if (!strstr(err.detail, strangers[i].words))
			fail_msg("%s: %s", strangers[i].name, err.detail);
	}
}

TEST(enr_06_malformed_change_of_subject)
{
	expect_refused_always("change-empty", REASON_CSR_MALFORMED);
	expect_refused_always("change-third", REASON_CSR_MALFORMED);
	expect_refused_always("change-not-sequence", REASON_CSR_MALFORMED);
	expect_refused_always("change-bad-name", REASON_NAME_INVALID);
}

/* -- what is accepted -- */

TEST(enr_01_every_type_of_key_verifies)
{
	expect_verified("ok-p256");
	expect_verified("ok-p384");
	expect_verified("ok-p521");
	expect_verified("ok-ed25519");
	expect_verified("ok-rsa-2048");
	expect_verified("ok-rsa-3072");
	expect_verified("ok-rsa-exponent-3");
	expect_verified("ok-rsa-pss");
}

TEST(enr_13_everything_is_read)
{
	CLEANUP(csr_freep) struct csr *csr = expect_parsed("ok-everything", false);
	CLEANUP(buffer_done) struct buffer der = vector_load("csr", "ok-everything");
	const struct name *name;
	const struct san *san;

	EXPECT_OK(csr_verify(csr, &err), err);
	assert_true(bytes_equal(csr_der(csr), buffer_view(&der)));
	assert_string_equal(name_find(csr_subject(csr), NAME_COMMON_NAME), "device-1");
	assert_string_equal(name_find(csr_subject(csr), NAME_COUNTRY), "DE");
	assert_int_equal(public_key_type(csr_key(csr)), KEY_P256);
	assert_int_equal(csr_san(csr)->count, 2);
	assert_string_equal(csr_san(csr)->entries[0].value, "device-1.example");
	assert_string_equal(csr_san(csr)->entries[1].value, "192.0.2.1");
	assert_int_equal(csr_extensions(csr)->count, 3);
	assert_true(extensions_find(csr_extensions(csr), oid_key_usage)->critical);
	assert_false(extensions_find(csr_extensions(csr), oid_ext_key_usage)->critical);
	assert_string_equal(csr_challenge_password(csr), "c2VjcmV0");
	assert_string_equal(csr_otp_challenge(csr), "otp-value");
	assert_string_equal(csr_est_identity_linking(csr), "bGlua2luZw==");
	assert_false(csr_change_subject(csr, &name, &san));
}

TEST(enr_13_what_is_absent_is_empty)
{
	CLEANUP(csr_freep) struct csr *csr = expect_parsed("ok-p256", false);

	assert_int_equal(csr_san(csr)->count, 0);
	assert_int_equal(csr_extensions(csr)->count, 0);
	assert_null(csr_challenge_password(csr));
	assert_null(csr_otp_challenge(csr));
	assert_null(csr_est_identity_linking(csr));
}

TEST(cs_36_requested_usages_are_only_listed)
{
	CLEANUP(csr_freep) struct csr *ca = expect_parsed("ok-extensions-of-a-ca", false);
	CLEANUP(csr_freep) struct csr *odd = expect_parsed("ok-unknown-critical-extension", false);

	assert_int_equal(csr_extensions(ca)->count, 3);
	assert_int_equal(csr_extensions(odd)->count, 1);
	assert_true(csr_extensions(odd)->items[0].critical);
}

TEST(pop_05_challenge_of_any_string_type)
{
	static const struct {
		const char *name, *value;
	} challenges[] = {
		{ "ok-challenge-utf8", "p\xc3\xa4ssword" },
		{ "ok-challenge-ia5", "p@ss_word" },
		{ "ok-challenge-printable-odd", "p@ss_word" },
		{ "ok-challenge-bmp", "p\xc3\xa4ssword" },
		{ "ok-challenge-teletex", "password" },
	};

	for (size_t i = 0; i < ARRAY_LEN(challenges); i++) {
		CLEANUP(csr_freep) struct csr *csr = expect_parsed(challenges[i].name, false);

		assert_string_equal(csr_challenge_password(csr), challenges[i].value);
	}

	CLEANUP(csr_freep) struct csr *longest = expect_parsed("ok-challenge-255", false);
	assert_int_equal(strlen(csr_challenge_password(longest)), 255);
}

TEST(cs_32_microsoft_attribute_for_the_lenient)
{
	CLEANUP(csr_freep) struct csr *csr = expect_parsed("lenient-microsoft", true);

	assert_int_equal(csr_san(csr)->count, 1);
	assert_string_equal(csr_san(csr)->entries[0].value, "device-1.example");
}

TEST(enr_06_change_of_subject_is_read)
{
	CLEANUP(csr_freep) struct csr *both = expect_parsed("ok-change-both", false);
	CLEANUP(csr_freep) struct csr *subject = expect_parsed("ok-change-subject", false);
	CLEANUP(csr_freep) struct csr *only_san = expect_parsed("ok-change-san", false);
	const struct name *name = NULL;
	const struct san *san = NULL;

	assert_true(csr_change_subject(both, &name, &san));
	assert_string_equal(name_find(name, NAME_COMMON_NAME), "device-2");
	assert_string_equal(san->entries[0].value, "device-2.example");
	assert_string_equal(name_find(csr_subject(both), NAME_COMMON_NAME), "device-1");

	assert_true(csr_change_subject(subject, &name, &san));
	assert_non_null(name);
	assert_null(san);

	assert_true(csr_change_subject(only_san, &name, &san));
	assert_null(name);
	assert_int_equal(san->count, 1);
}

/* -- keys made elsewhere (RFC 7030 4.4) -- */

TEST(skg_01_all_but_key_and_signature_is_judged)
{
	static const char *const refused[] = { "trailing-bytes", "name-nul",  "attribute-twice",
					       "san-nul",        "version-1", "stranger-pkcs7" };

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		CLEANUP(buffer_done) struct buffer der = vector_load("csr", refused[i]);
		CLEANUP(csr_freep) struct csr *csr = NULL;

		assert_false(csr_parse_unkeyed(buffer_view(&der), true, &csr, &err));
	}
}

TEST(skg_01_key_and_signature_count_for_nothing)
{
	static const struct {
		const char *name;
		enum key_type wish;
		unsigned int bits;
	} rows[] = {
		{ "rsa-512", KEY_RSA, 0 },
		{ "ok-rsa-3072", KEY_RSA, 3072 },
		{ "ec-off-curve", KEY_P256, 0 },
		{ "ok-p384", KEY_P384, 384 },
		{ "signature-wrong", KEY_P256, 256 },
		{ "dsa", KEY_TYPE_COUNT, 0 },
		{ "key-garbage", KEY_TYPE_COUNT, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buffer_done) struct buffer der = vector_load("csr", rows[i].name);
		CLEANUP(csr_freep) struct csr *csr = NULL;
		unsigned int bits = 1;

		EXPECT_OK(csr_parse_unkeyed(buffer_view(&der), false, &csr, &err), err);
		assert_null(csr_key(csr));
		EXPECT_REFUSED(csr_verify(csr, &err), err, REASON_POP_FAILED);
		if (csr_key_wish(csr, &bits) != rows[i].wish || bits != rows[i].bits)
			fail_msg("%s: %d of %u bits", rows[i].name, csr_key_wish(csr, &bits), bits);
	}
}

/* A CSR with these attributes, in hex, and a key that is none. */
static bool parse_with_attributes(const char *hex, struct csr **ret, struct error *why)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	unsigned char attributes[512];
	size_t len = 0;

	assert_true(hex_decode(hex, attributes, sizeof attributes, &len));
	size_t whole = der_begin(&der, DER_SEQUENCE);
	size_t info = der_begin(&der, DER_SEQUENCE);
	der_write_small(&der, 0);
	der_write(&der, DER_SEQUENCE, (struct bytes){ 0 });
	der_write(&der, DER_SEQUENCE, (struct bytes){ 0 });
	der_write(&der, DER_CONTEXT_0, (struct bytes){ attributes, len });
	der_end(&der, info);
	der_write(&der, DER_SEQUENCE, (struct bytes){ 0 });
	der_write_octet_bits(&der, BYTES_LITERAL("junk"));
	der_end(&der, whole);
	return csr_parse_unkeyed(buffer_view(&der), false, ret, why);
}

#define SYMMETRIC "060b2a864886f70d0109100225"
#define ASYMMETRIC "060b2a864886f70d0109100236"
#define CAPABILITIES "06092a864886f70d01090f"

TEST(skg_03_a_malformed_wish_for_encryption_is_refused)
{
	static const char *const refused[] = {
		"3011" ASYMMETRIC "31020400",   /* an empty name */
		"3012" ASYMMETRIC "3103020101", /* no OCTET STRING */
		"3012" ASYMMETRIC "3103040101"
		"3012" SYMMETRIC "3103040102",          /* two keys */
		"300f" CAPABILITIES "31020400",         /* no list */
		"3013" CAPABILITIES "3106300430020500", /* no OID in it */
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		CLEANUP(csr_freep) struct csr *csr = NULL;

		if (parse_with_attributes(refused[i], &csr, &err))
			fail_msg("taken: %s", refused[i]);
		assert_int_equal(err.reason, REASON_CSR_MALFORMED);
	}
}

TEST(skg_03_the_key_to_encrypt_to_is_read)
{
	CLEANUP(csr_freep) struct csr *csr = NULL;

	EXPECT_OK(parse_with_attributes("3012" ASYMMETRIC "31030401aa"
					"301c" CAPABILITIES "310f300d300b060960864801650304012a",
					&csr, &err),
		  err);
	const struct decrypt_key_wish *wish = csr_decrypt_key(csr);
	assert_int_equal(wish->kind, DECRYPT_KEY_ASYMMETRIC);
	assert_true(bytes_equal(wish->id, BYTES_LITERAL("\xaa")));
	assert_string_equal(smime_cipher(&wish->capabilities), "AES-256-CBC");
	assert_false(wish->capabilities.has[SMIME_RSA_OAEP]);
}

TEST_MAIN(RUN(skg_01_all_but_key_and_signature_is_judged),
	  RUN(skg_01_key_and_signature_count_for_nothing),
	  RUN(skg_03_a_malformed_wish_for_encryption_is_refused),
	  RUN(skg_03_the_key_to_encrypt_to_is_read), RUN(cs_01_truncated_at_every_offset),
	  RUN(cs_02_one_changed_byte_is_always_noticed), RUN(cs_03_bytes_after_and_ber_lengths),
	  RUN(cs_04_depth_and_counts_are_bounded),
	  RUN(cs_05_version_attributes_and_algorithm_parameters), RUN(cs_06_wrong_signatures),
	  RUN(enr_01_weak_signature_algorithms), RUN(cs_09_rsa_exponent_one_is_refused),
	  RUN(cs_09_rsa_exponents), RUN(cs_10_rsa_sizes), RUN(cs_11_huge_rsa_keys_cost_nothing),
	  RUN(cs_13_rsa_moduli), RUN(cs_14_curves), RUN(cs_15_explicit_curves),
	  RUN(cs_16_ec_points), RUN(cs_17_ed25519), RUN(cs_18_roca_fingerprint),
	  RUN(cs_19_close_primes), RUN(cs_21_other_keys), RUN(cs_22_names_that_steer),
	  RUN(cs_32_extensions_asked_for_twice), RUN(cs_39_malformed_extensions),
	  RUN(cs_41_empty_sequences), RUN(cs_42_attributes_are_bounded),
	  RUN(cs_46_other_things_are_called_by_their_name), RUN(enr_06_malformed_change_of_subject),
	  RUN(enr_01_every_type_of_key_verifies), RUN(enr_13_everything_is_read),
	  RUN(enr_13_what_is_absent_is_empty), RUN(cs_36_requested_usages_are_only_listed),
	  RUN(pop_05_challenge_of_any_string_type), RUN(cs_32_microsoft_attribute_for_the_lenient),
	  RUN(enr_06_change_of_subject_is_read))
