/* CMC-02: CRMF requests (RFC 4211) as CMC takes them; what they may not say, and what they become.
 */
#include "pki/crmf.h"

#include <stdio.h>
#include <string.h>

#include "assemble.h"
#include "base/hex.h"
#include "vector.h"

#define TEXT_MAX 4096
#define SUBJECT "a5{ 30{ 31{ 30{ 0603550403 0c{ 6465762d31 } } } } }"
#define KEY "a6{ $ }" /* $ stands for what the key's SubjectPublicKeyInfo holds */
#define TEMPLATE "30{" SUBJECT KEY "}"
#define CERT_REQUEST(parts) "30{ 020107" parts "}"
#define CONTROL(number, value) "30{ 06{ 2b0601050507050" number "}" value "}"
#define CHANGE "30{ 06082b06010505070724 30{ 30{ 31{ 30{ 0603550403 0c{ 6e6577 } } } } } }"
#define OLD "30{ a4{ 30{} } 020105 }"

static struct error err;
static struct private_key *key;
static struct public_key *public_half;
static char key_text[256];

static void key_done(void)
{
	public_key_free(public_half);
	private_key_free(key);
}

/* Made once: Ed25519, whose signatures need no more than the key. */
static void need_key(void)
{
	if (key)
		return;
	EXPECT_OK(private_key_generate(KEY_ED25519, 0, &key, &err), err);
	EXPECT_OK(private_key_public(key, &public_half, &err), err);
	struct der spki = der_open(public_key_spki(public_half));
	hex_encode(der_read(&spki, DER_SEQUENCE), key_text);
	atexit(key_done);
}

static struct buffer from_text_with_key(const char *text)
{
	char whole[TEXT_MAX];
	size_t len = 0;

	need_key();
	for (; *text; text++) {
		assert_true(len + sizeof key_text < sizeof whole);
		if (*text == '$')
			len += (size_t)snprintf(whole + len, sizeof whole - len, "%s", key_text);
		else
			whole[len++] = *text;
	}
	whole[len] = '\0';
	return from_text(whole);
}

/* ProofOfPossession's [1]: the signature over the CertRequest. */
static void sign(struct bytes request, struct buffer *to)
{
	CLEANUP(buffer_done) struct buffer signature = { 0 };

	EXPECT_OK(private_key_sign(key, SIGN_ED25519, request, &signature, &err), err);
	size_t proof = der_begin(to, DER_CONTEXT_0 + 1);
	buffer_append(to, signature_algorithm_der(SIGN_ED25519));
	der_write_octet_bits(to, buffer_view(&signature));
	der_end(to, proof);
}

/* `proof` NULL: signed as it should be. */
static struct buffer message(const char *request, const char *proof, const char *after)
{
	struct buffer ret = from_text_with_key(request);

	if (proof) {
		CLEANUP(buffer_done) struct buffer given = from_text_with_key(proof);
		buffer_append(&ret, buffer_view(&given));
	} else {
		CLEANUP(buffer_done) struct buffer signed_part = { 0 };
		buffer_append(&signed_part, buffer_view(&ret));
		sign(buffer_view(&signed_part), &ret);
	}
	CLEANUP(buffer_done) struct buffer last = from_text(after);
	buffer_append(&ret, buffer_view(&last));
	return ret;
}

static bool read(struct bytes contents, struct csr **ret)
{
	struct crmf crmf;

	err = (struct error){ 0 };
	return crmf_parse(contents, &crmf, &err) && crmf_to_csr(&crmf, ret, &err);
}

static void refuse_message(struct buffer contents, enum reason reason, const char *why)
{
	CLEANUP(buffer_done) struct buffer owned = contents;
	CLEANUP(csr_freep) struct csr *csr = NULL;

	if (read(buffer_view(&owned), &csr))
		fail_msg("taken; wanted %s", why);
	if (err.reason != reason || !strstr(err.detail, why))
		fail_msg("%s: %s; wanted %s", reason_code(err.reason), err.detail, why);
	assert_null(csr);
}

static void refuse(const char *request, enum reason reason, const char *why)
{
	refuse_message(message(request, NULL, ""), reason, why);
}

static struct csr *take(const char *request)
{
	CLEANUP(buffer_done) struct buffer contents = message(request, NULL, "");
	struct csr *csr = NULL;

	EXPECT_OK(read(buffer_view(&contents), &csr), err);
	return csr;
}

/* -- possession -- */

TEST(cmc_02_crmf_without_a_proof_of_possession_is_refused)
{
	static const struct {
		const char *proof, *why;
	} unproven[] = {
		{ "", "no proof" },
		{ "8000", "raVerified" },
		{ "a2{ 8100 }", "cannot sign" },
		{ "a3{ 8100 }", "cannot sign" },
	};

	for (size_t i = 0; i < ARRAY_LEN(unproven); i++)
		refuse_message(message(CERT_REQUEST(TEMPLATE), unproven[i].proof, ""),
			       REASON_POP_MISSING, unproven[i].why);
}

TEST(cmc_02_crmf_with_a_wrong_signature_is_refused)
{
	CLEANUP(buffer_done)
	struct buffer contents = message(CERT_REQUEST(TEMPLATE), NULL, "");
	struct crmf crmf;
	CLEANUP(csr_freep) struct csr *csr = NULL;

	contents.data[contents.len - 1] ^= 1;
	EXPECT_OK(crmf_parse(buffer_view(&contents), &crmf, &err), err);
	EXPECT_REFUSED(crmf_to_csr(&crmf, &csr, &err), err, REASON_POP_FAILED);
	/* weak, unknown, and one that is of no whole octets */
	refuse_message(message(CERT_REQUEST(TEMPLATE),
			       "a1{ 30{ 06092a864886f70d010105 0500 } 030200ff }", ""),
		       REASON_SIGNATURE_WEAK, "SHA-1");
	refuse_message(message(CERT_REQUEST(TEMPLATE), "a1{ 30{ 06022a03 } 030200ff }", ""),
		       REASON_POP_FAILED, "unknown");
	refuse_message(message(CERT_REQUEST(TEMPLATE), "a1{ 30{ 06032b6570 } 030204f0 }", ""),
		       REASON_CSR_MALFORMED, "POPOSigningKey");
}

/* The signature covers all that is asked for. */
TEST(cmc_02_one_changed_byte_of_a_crmf_request_is_always_noticed)
{
	CLEANUP(buffer_done)
	struct buffer contents = message(
		CERT_REQUEST("30{" SUBJECT KEY "a9{ 30{ 0603551d0f 0404030205a0 } } }"), NULL, "");

	CLEANUP(csr_freep) struct csr *whole = NULL;

	EXPECT_OK(read(buffer_view(&contents), &whole), err);
	for (size_t at = 0; at < contents.len; at++) {
		CLEANUP(csr_freep) struct csr *csr = NULL;
		unsigned char was = contents.data[at];

		contents.data[at] ^= (unsigned char)(1u << at % 8);
		if (read(buffer_view(&contents), &csr))
			fail_msg("byte %zu changed and nobody saw", at);
		contents.data[at] = was;
	}
}

TEST(cmc_02_popo_sk_input_and_reg_info_have_no_place_in_cmc)
{
	refuse_message(message(CERT_REQUEST(TEMPLATE),
			       "a1{ a0{ a0{ a4{ 30{} } } 30{ $ } } 30{ 06032b6570 } 030200ff }",
			       ""),
		       REASON_CSR_MALFORMED, "poposkInput");
	refuse_message(message(CERT_REQUEST(TEMPLATE), NULL, "30{ 30{ 06022a03 0500 } }"),
		       REASON_CSR_MALFORMED, "regInfo");
}

/* -- the template -- */

TEST(cmc_02_crmf_templates_need_subject_and_key)
{
	refuse(CERT_REQUEST("30{}"), REASON_CSR_MALFORMED, "lacks");
	refuse(CERT_REQUEST("30{" SUBJECT "}"), REASON_CSR_MALFORMED, "lacks");
	refuse(CERT_REQUEST("30{" KEY "}"), REASON_CSR_MALFORMED, "lacks");
	refuse(CERT_REQUEST("30{" SUBJECT "a6{} }"), REASON_CSR_MALFORMED, "lacks");
	refuse(CERT_REQUEST("30{ a5{} " KEY "}"), REASON_CSR_MALFORMED, "no Name");
	refuse(CERT_REQUEST("30{ a5{ 0500 } " KEY "}"), REASON_CSR_MALFORMED, "no Name");
	refuse(CERT_REQUEST("30{ a5{ 30{} 30{} } " KEY "}"), REASON_CSR_MALFORMED, "no Name");
}

TEST(cmc_02_crmf_templates_have_each_field_once_and_in_order)
{
	refuse(CERT_REQUEST("30{" SUBJECT KEY KEY "}"), REASON_CSR_MALFORMED, "once");
	refuse(CERT_REQUEST("30{" SUBJECT SUBJECT KEY "}"), REASON_CSR_MALFORMED, "once");
	refuse(CERT_REQUEST("30{" KEY SUBJECT "}"), REASON_CSR_MALFORMED, "once");
	refuse(CERT_REQUEST("30{" SUBJECT KEY "aa{} }"), REASON_CSR_MALFORMED, "once");
	refuse(CERT_REQUEST("30{" SUBJECT KEY "00 }"), REASON_CSR_MALFORMED, "once");
}

TEST(cmc_02_what_the_ca_fills_in_is_refused)
{
	static const struct {
		const char *request, *name;
	} refused[] = {
		{ CERT_REQUEST("30{ 810105" SUBJECT KEY "}"), "serialNumber" },
		{ CERT_REQUEST("30{ a2{ 06032b6570 }" SUBJECT KEY "}"), "signingAlg" },
		{ CERT_REQUEST("30{" SUBJECT KEY "87020001 }"), "issuerUID" },
		{ CERT_REQUEST("30{" SUBJECT KEY "88020001 }"), "subjectUID" },
		{ CERT_REQUEST("30{ 800100" SUBJECT KEY "}"), "version" },
		{ CERT_REQUEST("30{ a3{ 0500 }" SUBJECT KEY "}"), "Name" },
		{ CERT_REQUEST("30{" SUBJECT KEY "a9{} }"), "empty" },
		{ CERT_REQUEST("30{ a4{ a2{ 0500 } }" SUBJECT KEY "}"), "validity" },
		{ CERT_REQUEST("30{ a4{ a0{ 0500 } }" SUBJECT KEY "}"), "validity" },
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		refuse(refused[i].request, REASON_CSR_MALFORMED, refused[i].name);
}

TEST(cmc_02_crmf_is_judged_as_a_csr_is)
{
	refuse(CERT_REQUEST("30{ a5{ 30{ 31{} } }" KEY "}"), REASON_NAME_INVALID, "");
	refuse(CERT_REQUEST("30{" SUBJECT "a6{ 30{ 06032b6570 } 030200ff } }"), REASON_KEY_INVALID,
	       "");
	refuse(CERT_REQUEST("30{" SUBJECT KEY "a9{ 30{ 0603551d0f 0404030205a0 }"
			    "30{ 0603551d0f 0404030205a0 } } }"),
	       REASON_EXTENSION_NOT_ALLOWED, "repeats");
	refuse(CERT_REQUEST("30{" SUBJECT KEY "a9{ 30{ 0603551d11 04{ 30{ 870101 } } } } }"),
	       REASON_NAME_INVALID, "");
}

/* -- controls -- */

TEST(cmc_02_crmf_controls_that_are_not_taken)
{
	static const struct {
		const char *request, *why;
	} refused[] = {
		{ CERT_REQUEST(TEMPLATE "30{" CONTROL("101", "0c0161") "}"), "regToken" },
		{ CERT_REQUEST(TEMPLATE "30{" CONTROL("102", "0c0161") "}"), "authenticator" },
		{ CERT_REQUEST(TEMPLATE "30{" CONTROL("103", "30{}") "}"), "pkiPublicationInfo" },
		{ CERT_REQUEST(TEMPLATE "30{" CONTROL("104", "8200") "}"), "pkiArchiveOptions" },
		{ CERT_REQUEST(TEMPLATE "30{" CONTROL("106", "30{}") "}"), "protocolEncrKey" },
		{ CERT_REQUEST(TEMPLATE "30{" CONTROL("163", "0500") "}"), "unknown" },
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		refuse(refused[i].request, REASON_CMC_CONTROL, refused[i].why);
}

TEST(cmc_02_malformed_crmf_controls_are_refused)
{
	static const struct {
		const char *request, *why;
	} refused[] = {
		{ CERT_REQUEST(TEMPLATE "30{}"), "empty" },
		{ CERT_REQUEST(TEMPLATE "30{ 0500 }"), "malformed" },
		{ CERT_REQUEST(TEMPLATE "30{ 30{ 06022a03 } }"), "malformed" },
		{ CERT_REQUEST(TEMPLATE "30{ 30{ 06022a03 0500 0500 } }"), "malformed" },
		{ CERT_REQUEST(TEMPLATE "30{" CHANGE CHANGE "}"), "twice" },
		{ CERT_REQUEST(TEMPLATE "30{" CONTROL("105", OLD) CONTROL("105", OLD) "}"),
		  "twice" },
		{ CERT_REQUEST(TEMPLATE "30{" CONTROL("105", "30{ 820161 020105 }") "}"),
		  "oldCertID" },
		{ CERT_REQUEST(TEMPLATE "30{ 30{ 06082b06010505070724 30{} } }"), "RFC 6402" },
		{ CERT_REQUEST(TEMPLATE "30{" CHANGE "} 0500"), "CertRequest is" },
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		refuse(refused[i].request, REASON_CSR_MALFORMED, refused[i].why);
}

/* -- the whole -- */

TEST(cmc_02_crmf_cut_anywhere_is_refused)
{
	CLEANUP(buffer_done)
	struct buffer contents = message(CERT_REQUEST(TEMPLATE "30{" CHANGE "}"), NULL, "");
	CLEANUP(csr_freep) struct csr *csr = NULL;

	for (size_t len = 0; len < contents.len; len++) {
		CLEANUP(buffer_done) struct buffer cut = { 0 };

		buffer_append(&cut, (struct bytes){ contents.data, len });
		assert_false(read(buffer_view(&cut), &csr));
	}
	EXPECT_OK(read(buffer_view(&contents), &csr), err);
}

TEST(cmc_02_bytes_after_and_ber_lengths_in_crmf)
{
	refuse_message(message(CERT_REQUEST(TEMPLATE), NULL, "00"), REASON_CSR_MALFORMED,
		       "does not end");
	refuse_message(message(CERT_REQUEST(TEMPLATE), NULL, "0500"), REASON_CSR_MALFORMED,
		       "does not end");
	refuse_message(from_text_with_key("3080 020107" TEMPLATE "0000"), REASON_CSR_MALFORMED, "");
	refuse("30{ 020107 3080" SUBJECT KEY "0000 }", REASON_CSR_MALFORMED, "");
}

TEST(cmc_02_the_longest_crmf_request)
{
	CLEANUP(buffer_done) struct buffer long_one = { 0 };
	struct crmf crmf;

	assert_non_null(buffer_reserve(&long_one, CSR_MAX + 1));
	long_one.len = CSR_MAX + 1;
	memset(long_one.data, 0, long_one.len);
	EXPECT_REFUSED(crmf_parse(buffer_view(&long_one), &crmf, &err), err, REASON_TOO_LARGE);
}

TEST(cmc_02_crmf_becomes_the_same_csr)
{
	CLEANUP(csr_freep)
	struct csr *csr = take(CERT_REQUEST("30{ 800102 a3{ 30{} }"
					    "a4{ a1{ 170d3330303130313030303030305a } }" SUBJECT KEY
					    "a9{ 30{ 0603551d11 04{ 30{ 8203612e62 } } } } }"
					    "30{" CHANGE CONTROL("105", OLD) "}"));
	CLEANUP(buffer_done) struct buffer text = { 0 };
	const struct name *subject = NULL;
	const struct san *san = NULL;

	name_to_text(csr_subject(csr), &text);
	assert_string_equal(buffer_cstring(&text), "CN=dev-1");
	assert_memory_equal(public_key_hash(csr_key(csr)), public_key_hash(public_half),
			    KEY_HASH_LEN);
	assert_int_equal(csr_extensions(csr)->count, 1);
	assert_int_equal(csr_san(csr)->count, 1);
	assert_string_equal(csr_san(csr)->entries[0].value, "a.b");
	assert_true(csr_change_subject(csr, &subject, &san));
	assert_string_equal(subject->entries[0].value, "new");
	assert_null(san);
	/* nobody takes it for a CSR that was signed as such */
	assert_false(csr_verify(csr, &err));
}

TEST(cmc_02_what_crmf_says_beside_a_csr)
{
	CLEANUP(buffer_done)
	struct buffer contents = message(
		CERT_REQUEST("30{ a3{ 30{} } a5{ 30{} }" KEY "} 30{" CONTROL("105", OLD) "}"), NULL,
		"");
	CLEANUP(public_key_freep) struct public_key *found = NULL;
	struct crmf crmf;

	EXPECT_OK(crmf_parse(buffer_view(&contents), &crmf, &err), err);
	assert_true(bytes_equal(crmf.issuer, BYTES_LITERAL("\x30\x00")));
	assert_true(bytes_equal(crmf.renews.issuer, BYTES_LITERAL("\x30\x00")));
	assert_true(bytes_equal(crmf.renews.serial, BYTES_LITERAL("\x05")));
	EXPECT_OK(crmf_key(&crmf, &found, &err), err);
	assert_memory_equal(public_key_hash(found), public_key_hash(public_half), KEY_HASH_LEN);
}

/* -- what OpenSSL writes (tests/vectors/make_crmf_vectors.py) -- */

static bool read_vector(const char *name, struct csr **ret)
{
	CLEANUP(buffer_done) struct buffer der = vector_load("crmf", name);
	struct der outer = der_open(buffer_view(&der));

	return read(der_read(&outer, DER_SEQUENCE), ret);
}

TEST(cmc_02_openssl_without_a_signature)
{
	static const char *const unproven[] = { "openssl-ra-verified", "openssl-unproven",
						"openssl-key-encipherment" };

	for (size_t i = 0; i < ARRAY_LEN(unproven); i++) {
		CLEANUP(csr_freep) struct csr *csr = NULL;

		EXPECT_REFUSED(read_vector(unproven[i], &csr), err, REASON_POP_MISSING);
	}
}

TEST(cmc_02_openssl_signs_with_keys_of_each_kind)
{
	static const char *const proven[] = { "openssl-p256", "openssl-rsa2048",
					      "openssl-ed25519" };

	for (size_t i = 0; i < ARRAY_LEN(proven); i++) {
		CLEANUP(csr_freep) struct csr *csr = NULL;

		EXPECT_OK(read_vector(proven[i], &csr), err);
		assert_string_equal(csr_san(csr)->entries[0].value, "dev-1.example");
	}
}

TEST_MAIN(RUN(cmc_02_crmf_without_a_proof_of_possession_is_refused),
	  RUN(cmc_02_crmf_with_a_wrong_signature_is_refused),
	  RUN(cmc_02_one_changed_byte_of_a_crmf_request_is_always_noticed),
	  RUN(cmc_02_popo_sk_input_and_reg_info_have_no_place_in_cmc),
	  RUN(cmc_02_crmf_templates_need_subject_and_key),
	  RUN(cmc_02_crmf_templates_have_each_field_once_and_in_order),
	  RUN(cmc_02_what_the_ca_fills_in_is_refused), RUN(cmc_02_crmf_is_judged_as_a_csr_is),
	  RUN(cmc_02_crmf_controls_that_are_not_taken),
	  RUN(cmc_02_malformed_crmf_controls_are_refused), RUN(cmc_02_crmf_cut_anywhere_is_refused),
	  RUN(cmc_02_bytes_after_and_ber_lengths_in_crmf), RUN(cmc_02_the_longest_crmf_request),
	  RUN(cmc_02_crmf_becomes_the_same_csr), RUN(cmc_02_what_crmf_says_beside_a_csr),
	  RUN(cmc_02_openssl_without_a_signature), RUN(cmc_02_openssl_signs_with_keys_of_each_kind))
