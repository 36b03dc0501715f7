#include "test.h"

#include "openssl_x509v3.h"

#include <openssl/ocsp.h>

#include "cert_maker.h"
#include "pki/ocsp_issuer.h"
#include "pki/ocsp_oid.h"
#include "pki/ocsp_response.h"
#include "pki/tbs.h"
#include "sample.h"

#define NOW ((int64_t)1750000000)

/* -- requests, as OpenSSL writes them and as nobody should -- */

static struct private_key *ca_key;
static struct cert *ca;

static int make_ca(void **state)
{
	(void)state;
	ca_key = sample_key(KEY_P256);
	struct plan plan = sample_ca(ca_key, "CN=CA");
	ca = sample_cert(&plan, ca_key);
	return cert_key(ca) ? 0 : -1;
}

static int drop_ca(void **state)
{
	(void)state;
	cert_free(ca);
	private_key_free(ca_key);
	return 0;
}

static OCSP_CERTID *openssl_id(const EVP_MD *md, const char *serial)
{
	struct bytes der = cert_der(ca);
	const unsigned char *at = der.data;
	X509 *x = d2i_X509(NULL, &at, (long)der.len);
	BIGNUM *number = NULL;

	assert_true(BN_hex2bn(&number, serial) > 0);
	ASN1_INTEGER *integer = BN_to_ASN1_INTEGER(number, NULL);
	OCSP_CERTID *id =
		OCSP_cert_id_new(md, X509_get_subject_name(x), X509_get0_pubkey_bitstr(x), integer);
	assert_non_null(id);
	ASN1_INTEGER_free(integer);
	BN_free(number);
	X509_free(x);
	return id;
}

static void openssl_request(const EVP_MD *md, size_t count, int nonce_len, struct buffer *ret)
{
	OCSP_REQUEST *request = OCSP_REQUEST_new();
	unsigned char *der = NULL;

	for (size_t i = 0; i < count; i++)
		assert_non_null(OCSP_request_add0_id(request, openssl_id(md, "00c0ffee")));
	if (nonce_len)
		assert_int_equal(OCSP_request_add1_nonce(request, NULL, nonce_len), 1);
	int len = i2d_OCSP_REQUEST(request, &der);
	assert_true(len > 0);
	buffer_append(ret, (struct bytes){ der, (size_t)len });
	OPENSSL_free(der);
	OCSP_REQUEST_free(request);
}

#define EXPECT_MALFORMED(bytes)                                                                    \
	do {                                                                                       \
		struct ocsp_request none_;                                                         \
		struct error err_;                                                                 \
		EXPECT_REFUSED(ocsp_request_parse(bytes, &none_, &err_), err_,                     \
			       REASON_OCSP_MALFORMED);                                             \
	} while (0)

TEST(oc_01_what_is_no_request_is_refused)
{
	CLEANUP(buffer_done) struct buffer good = { 0 };

	openssl_request(EVP_sha1(), 1, 16, &good);
	for (size_t len = 0; len < good.len; len++)
		EXPECT_MALFORMED(((struct bytes){ good.data, len }));
	buffer_append_byte(&good, 0);
	EXPECT_MALFORMED(buffer_view(&good));
	EXPECT_MALFORMED(BYTES_LITERAL("\x30\x04\x30\x02\x30\x00")); /* no question */
	EXPECT_MALFORMED(BYTES_LITERAL("\x30\x80\x30\x80\x00\x00\x00\x00"));
}

TEST(oc_01_both_hashes_are_read)
{
	static const struct {
		const EVP_MD *(*md)(void);
		enum ocsp_hash hash;
	} rows[] = { { EVP_sha1, OCSP_SHA1 },
		     { EVP_sha256, OCSP_SHA256 },
		     { EVP_sha384, OCSP_HASH_COUNT } };
	struct ocsp_issuer issuer;
	struct error err = { 0 };

	EXPECT_OK(ocsp_issuer_of(ca, &issuer, &err), err);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buffer_done) struct buffer der = { 0 };
		struct ocsp_request request;
		struct ocsp_cert_id again;

		openssl_request(rows[i].md(), 1, 0, &der);
		EXPECT_OK(ocsp_request_parse(buffer_view(&der), &request, &err), err);
		assert_int_equal(request.count, 1);
		assert_int_equal(request.nonce.len, 0);
		assert_int_equal(request.questions[0].hash, rows[i].hash);
		assert_true(bytes_equal(request.questions[0].serial,
					BYTES_LITERAL("\x00\xc0\xff\xee")));
		assert_int_equal(ocsp_issuer_is_meant(&issuer, &request.questions[0]),
				 rows[i].hash != OCSP_HASH_COUNT);
		assert_true(ocsp_cert_id_parse(request.questions[0].der, &again));
		assert_true(bytes_equal(again.serial, request.questions[0].serial));
	}
}

TEST(oc_01_a_nonce_has_1_to_128_octets)
{
	static const int lengths[] = { 1, 32, 128, 129, 200 };

	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		CLEANUP(buffer_done) struct buffer der = { 0 };
		struct ocsp_request request;
		struct error err = { 0 };

		openssl_request(EVP_sha256(), 1, lengths[i], &der);
		if (lengths[i] > OCSP_NONCE_MAX) {
			EXPECT_MALFORMED(buffer_view(&der));
			continue;
		}
		EXPECT_OK(ocsp_request_parse(buffer_view(&der), &request, &err), err);
		assert_int_equal(request.nonce.len, lengths[i]);
	}
}

TEST(oc_01_so_many_certificates_and_no_more)
{
	CLEANUP(buffer_done) struct buffer full = { 0 }, over = { 0 }, far_over = { 0 };
	struct ocsp_request request;
	struct error err = { 0 };

	openssl_request(EVP_sha1(), OCSP_QUESTIONS_MAX, 0, &full);
	EXPECT_OK(ocsp_request_parse(buffer_view(&full), &request, &err), err);
	assert_int_equal(request.count, OCSP_QUESTIONS_MAX);
	openssl_request(EVP_sha1(), OCSP_QUESTIONS_MAX + 1, 0, &over);
	EXPECT_MALFORMED(buffer_view(&over));
	openssl_request(EVP_sha1(), 200, 0, &far_over);
	EXPECT_MALFORMED(buffer_view(&far_over));
}

/* A request put together by hand; each part may be left out. */
struct parts {
	struct bytes version, requestor, algorithm, serial, single_extensions, extensions,
		signature;
};

static const struct parts sound_parts = {
	.algorithm = { (const unsigned char *)"\x30\x07\x06\x05\x2b\x0e\x03\x02\x1a", 9 },
	.serial = { (const unsigned char *)"\x02\x01\x05", 3 },
};

static void assemble(const struct parts *parts, struct buffer *to)
{
	static const struct bytes hash = BYTES_LITERAL("01234567890123456789");
	size_t outer = der_begin(to, DER_SEQUENCE), tbs = der_begin(to, DER_SEQUENCE);

	buffer_append(to, parts->version);
	buffer_append(to, parts->requestor);
	size_t list = der_begin(to, DER_SEQUENCE), request = der_begin(to, DER_SEQUENCE),
	       id = der_begin(to, DER_SEQUENCE);
	buffer_append(to, parts->algorithm.len ? parts->algorithm : sound_parts.algorithm);
	der_write(to, DER_OCTET_STRING, hash);
	der_write(to, DER_OCTET_STRING, hash);
	buffer_append(to, parts->serial.len ? parts->serial : sound_parts.serial);
	der_end(to, id);
	buffer_append(to, parts->single_extensions);
	der_end(to, request);
	der_end(to, list);
	buffer_append(to, parts->extensions);
	der_end(to, tbs);
	buffer_append(to, parts->signature);
	der_end(to, outer);
}

static bool parses(const struct parts *parts)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct ocsp_request request;
	struct error err = { 0 };

	assemble(parts, &der);
	assert_true(buffer_ok(&der));
	bool parsed = ocsp_request_parse(buffer_view(&der), &request, &err);
	assert_true(parsed || err.reason == REASON_OCSP_MALFORMED);
	return parsed;
}

/* What is not named is as it should be. */
#define WITH(part, text) (&(struct parts){ .part = BYTES_LITERAL(text) })

TEST(oc_01_each_part_in_its_only_form)
{
	assert_true(parses(&sound_parts));
	assert_true(parses(WITH(version, "\xa0\x03\x02\x01\x00")));
	assert_false(parses(WITH(version, "\xa0\x03\x02\x01\x01")));
	assert_false(parses(WITH(version, "\xa0\x04\x02\x02\x00\x00")));
	assert_true(parses(WITH(requestor, "\xa1\x04\x86\x02me")));
	assert_true(parses(WITH(signature, "\xa0\x02\x30\x00")));
	assert_false(parses(WITH(signature, "\xa0\x02\x30\x00\x05\x00")));
	assert_false(parses(WITH(signature, "\xa1\x02\x30\x00")));
	/* serials: minimal, and not endless */
	assert_true(parses(WITH(serial, "\x02\x01\xff")));
	assert_true(parses(WITH(serial, "\x02\x02\x00\x80")));
	assert_false(parses(WITH(serial, "\x02\x02\x00\x05")));
	assert_false(parses(WITH(serial, "\x02\x02\xff\x85")));
	assert_false(parses(WITH(serial, "\x02\x00")));
	assert_false(parses(WITH(serial, "\x04\x01\x05")));
	/* the algorithm's parameters: NULL, none, and nothing else; a hash of another length */
	assert_true(parses(WITH(algorithm, "\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00")));
	assert_false(parses(WITH(algorithm, "\x30\x0a\x06\x05\x2b\x0e\x03\x02\x1a\x05\x01\x00")));
	assert_false(parses(WITH(algorithm, "\x30\x0a\x06\x05\x2b\x0e\x03\x02\x1a\x02\x01\x00")));
	assert_false(
		parses(WITH(algorithm, "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01")));
	assert_true(parses(WITH(algorithm, "\x30\x08\x06\x03\x2a\x03\x04\x02\x01\x00")));
}

TEST(oc_01_unknown_extensions_are_ignored_unless_they_are_critical)
{
	static const char service_locator[] =
		"\xa0\x0d\x30\x0b\x30\x09\x06\x03\x2a\x03\x04\x04\x02\x30\x00";
	static const char critical_one[] =
		"\xa0\x10\x30\x0e\x30\x0c\x06\x03\x2a\x03\x04\x01\x01\xff\x04\x02\x30\x00";
	struct parts parts = sound_parts;

	parts.single_extensions = BYTES_LITERAL(service_locator);
	assert_true(parses(&parts));
	parts.single_extensions = BYTES_LITERAL(critical_one);
	assert_false(parses(&parts));
	parts.single_extensions = (struct bytes){ 0 };
	assert_true(parses(
		WITH(extensions, "\xa2\x0d\x30\x0b\x30\x09\x06\x03\x2a\x03\x04\x04\x02\x30\x00")));
	assert_false(parses(
		WITH(extensions,
		     "\xa2\x10\x30\x0e\x30\x0c\x06\x03\x2a\x03\x04\x01\x01\xff\x04\x02\x30\x00")));
	/* a nonce: of one octet; critical; empty; bare octets; an integer; twice */
#define NONCE_OID "\x06\x09\x2b\x06\x01\x05\x05\x07\x30\x01\x02"
	assert_true(
		parses(WITH(extensions, "\xa2\x14\x30\x12\x30\x10" NONCE_OID "\x04\x03\x04\x01n")));
	assert_true(parses(WITH(extensions, "\xa2\x17\x30\x15\x30\x13" NONCE_OID
					    "\x01\x01\xff\x04\x03\x04\x01n")));
	assert_false(
		parses(WITH(extensions, "\xa2\x13\x30\x11\x30\x0f" NONCE_OID "\x04\x02\x04\x00")));
	assert_false(parses(WITH(extensions, "\xa2\x13\x30\x11\x30\x0f" NONCE_OID "\x04\x02nn")));
	assert_false(
		parses(WITH(extensions, "\xa2\x14\x30\x12\x30\x10" NONCE_OID "\x04\x03\x02\x01n")));
	assert_false(
		parses(WITH(extensions, "\xa2\x26\x30\x24\x30\x10" NONCE_OID "\x04\x03\x04\x01n"
					"\x30\x10" NONCE_OID "\x04\x03\x04\x01n")));
}

/* -- responses, as OpenSSL reads them -- */

static struct cert *make_signer(const struct private_key *key, const struct private_key *signed_by,
				struct bytes usage, bool no_check)
{
	struct plan plan = sample_leaf(key, "CN=Responder", "CN=CA");
	CLEANUP(buffer_done) struct buffer usages = { 0 };
	CLEANUP(buffer_done) struct buffer more = { 0 };
	size_t list = der_begin(&usages, DER_SEQUENCE);

	der_write_oid(&usages, usage);
	der_end(&usages, list);
	plan.ext_key_usage = buffer_view(&usages);
	if (no_check)
		extension_write(&more, oid_ocsp_no_check, false, BYTES_LITERAL("\x05\x00"));
	plan.more = buffer_view(&more);
	return sample_cert(&plan, signed_by);
}

TEST(oc_03_only_a_delegated_responder_may_answer)
{
	CLEANUP(private_key_freep) struct private_key *key = sample_key(KEY_P256);
	CLEANUP(private_key_freep) struct private_key *other = sample_key(KEY_P256);
	CLEANUP(cert_freep) struct cert *good = make_signer(key, ca_key, oid_ocsp_signing, true);
	CLEANUP(cert_freep) struct cert *no_usage = make_signer(key, ca_key, oid_client_auth, true);
	CLEANUP(cert_freep)
	struct cert *checked = make_signer(key, ca_key, oid_ocsp_signing, false);
	CLEANUP(cert_freep) struct cert *foreign = make_signer(key, other, oid_ocsp_signing, true);
	struct error err = { 0 };

	EXPECT_OK(ocsp_signer_check(good, ca, NOW, &err), err);
	EXPECT_REFUSED(ocsp_signer_check(no_usage, ca, NOW, &err), err, REASON_CA_UNAVAILABLE);
	assert_non_null(strstr(err.detail, "OCSP signing"));
	EXPECT_REFUSED(ocsp_signer_check(checked, ca, NOW, &err), err, REASON_CA_UNAVAILABLE);
	assert_non_null(strstr(err.detail, "nocheck"));
	EXPECT_REFUSED(ocsp_signer_check(foreign, ca, NOW, &err), err, REASON_CA_UNAVAILABLE);
	assert_non_null(strstr(err.detail, "not issued by"));
	EXPECT_REFUSED(ocsp_signer_check(good, ca, SAMPLE_NOT_AFTER + 1, &err), err,
		       REASON_CA_UNAVAILABLE);
	EXPECT_REFUSED(ocsp_signer_check(good, ca, SAMPLE_NOT_BEFORE - 1, &err), err,
		       REASON_CA_UNAVAILABLE);
	assert_non_null(strstr(err.detail, "not valid now"));
}

/* The whole way: a request of OpenSSL's, our answer, and OpenSSL's judgement of it. */
static OCSP_BASICRESP *answer(const struct ocsp_single *single, struct bytes nonce,
			      bool extends_revoked)
{
	CLEANUP(private_key_freep) struct private_key *key = sample_key(KEY_P256);
	CLEANUP(cert_freep) struct cert *signer = make_signer(key, ca_key, oid_ocsp_signing, true);
	CLEANUP(buffer_done)
	struct buffer singles = { 0 }, tbs = { 0 }, signature = { 0 }, der = { 0 };
	unsigned char key_hash[OCSP_KEY_HASH_LEN];
	struct error err = { 0 };

	EXPECT_OK(ocsp_key_hash(cert_key(signer), key_hash, &err), err);
	const struct ocsp_head head = { .responder_key_hash = { key_hash, sizeof key_hash },
					.produced_at = NOW,
					.nonce = nonce,
					.extends_revoked = extends_revoked };
	ocsp_single_encode(single, &singles);
	EXPECT_OK(ocsp_tbs_encode(&head, buffer_view(&singles), &tbs, &err), err);
	EXPECT_OK(private_key_sign(key, SIGN_ECDSA_SHA256, buffer_view(&tbs), &signature, &err),
		  err);
	const struct ocsp_signed response = { buffer_view(&tbs), SIGN_ECDSA_SHA256,
					      buffer_view(&signature), cert_der(signer) };
	EXPECT_OK(ocsp_response_encode(&response, &der, &err), err);

	const unsigned char *at = der.data;
	OCSP_RESPONSE *parsed = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
	assert_non_null(parsed);
	assert_ptr_equal(at, der.data + der.len);
	unsigned char *again = NULL;
	assert_int_equal(i2d_OCSP_RESPONSE(parsed, &again), der.len);
	assert_memory_equal(again, der.data, der.len);
	OPENSSL_free(again);
	assert_int_equal(OCSP_response_status(parsed), OCSP_RESPONSE_STATUS_SUCCESSFUL);
	OCSP_BASICRESP *basic = OCSP_response_get1_basic(parsed);
	assert_non_null(basic);
	OCSP_RESPONSE_free(parsed);
	/* the signature is its certificate's, whose name is found by the key's hash */
	X509 *found = NULL;
	assert_int_equal(OCSP_resp_get0_signer(basic, &found, NULL), 1);
	X509_STORE *store = X509_STORE_new();
	at = cert_der(ca).data;
	X509 *root = d2i_X509(NULL, &at, (long)cert_der(ca).len);
	assert_int_equal(X509_STORE_add_cert(store, root), 1);
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)NOW);
	assert_int_equal(OCSP_basic_verify(basic, NULL, store, 0), 1);
	X509_free(root);
	X509_STORE_free(store);
	return basic;
}

static int find_status(OCSP_BASICRESP *basic, int *ret_reason, ASN1_GENERALIZEDTIME **ret_revoked)
{
	ASN1_GENERALIZEDTIME *from = NULL, *until = NULL;
	OCSP_CERTID *id = openssl_id(EVP_sha1(), "00c0ffee");
	int status = -1;

	assert_int_equal(
		OCSP_resp_find_status(basic, id, &status, ret_reason, ret_revoked, &from, &until),
		1);
	assert_string_equal((const char *)ASN1_STRING_get0_data(from), "20250615150640Z");
	assert_string_equal((const char *)ASN1_STRING_get0_data(until), "20250615160640Z");
	OCSP_CERTID_free(id);
	return status;
}

TEST(answers_are_what_openssl_reads)
{
	static const struct {
		enum ocsp_status status;
		int reason, expected, expected_reason;
	} rows[] = {
		{ OCSP_GOOD, 0, V_OCSP_CERTSTATUS_GOOD, -1 },
		{ OCSP_REVOKED, 1, V_OCSP_CERTSTATUS_REVOKED, 1 },
		{ OCSP_REVOKED, 0, V_OCSP_CERTSTATUS_REVOKED, -1 },
		{ OCSP_UNKNOWN, 0, V_OCSP_CERTSTATUS_UNKNOWN, -1 },
	};
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct ocsp_request request;
	struct error err = { 0 };

	openssl_request(EVP_sha1(), 1, 32, &der);
	EXPECT_OK(ocsp_request_parse(buffer_view(&der), &request, &err), err);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct ocsp_single single = {
			.cert_id = request.questions[0].der,
			.status = rows[i].status,
			.revoked_at = 2600000000, /* 2052: never a UTCTime */
			.reason = rows[i].reason,
			.this_update = NOW,
			.next_update = NOW + 3600,
		};
		OCSP_BASICRESP *basic = answer(&single, request.nonce, i == 1);
		ASN1_GENERALIZEDTIME *revoked = NULL;
		int reason = -1;

		assert_int_equal(find_status(basic, &reason, &revoked), rows[i].expected);
		assert_int_equal(reason, rows[i].expected_reason);
		if (rows[i].status == OCSP_REVOKED)
			assert_string_equal((const char *)ASN1_STRING_get0_data(revoked),
					    "20520522141320Z");
		const unsigned char *at = der.data;
		OCSP_REQUEST *asked = d2i_OCSP_REQUEST(NULL, &at, (long)der.len);
		assert_int_equal(OCSP_check_nonce(asked, basic), 1);
		OCSP_REQUEST_free(asked);
		assert_int_equal(OCSP_BASICRESP_get_ext_count(basic), i == 1 ? 2 : 1);
		OCSP_BASICRESP_free(basic);
	}
}

TEST(an_answer_of_nobody_or_nothing_is_not_made)
{
	CLEANUP(buffer_done) struct buffer to = { 0 };
	const struct ocsp_head nobody = { .produced_at = NOW };
	const struct ocsp_head somebody = { .responder_key_hash = BYTES_LITERAL("h"),
					    .produced_at = INT64_C(1) << 50 };
	const struct ocsp_signed unsigned_one = { .algorithm = SIGN_ECDSA_SHA256 };
	const struct ocsp_signed odd = { .algorithm = SIGN_COUNT, .signature = BYTES_LITERAL("s") };
	struct error err = { 0 };

	EXPECT_REFUSED(ocsp_tbs_encode(&nobody, BYTES_LITERAL("\x30\x00"), &to, &err), err,
		       REASON_INTERNAL);
	EXPECT_REFUSED(ocsp_tbs_encode(&somebody, (struct bytes){ 0 }, &to, &err), err,
		       REASON_INTERNAL);
	EXPECT_REFUSED(ocsp_response_encode(&unsigned_one, &to, &err), err, REASON_INTERNAL);
	EXPECT_REFUSED(ocsp_response_encode(&odd, &to, &err), err, REASON_INTERNAL);
	EXPECT_REFUSED(ocsp_tbs_encode(&somebody, BYTES_LITERAL("\x30\x00"), &to, &err), err,
		       REASON_NO_MEMORY);
}

TEST(errors_are_the_numbers_of_the_rfc)
{
	static const struct {
		enum ocsp_error error;
		int expected;
	} rows[] = { { OCSP_MALFORMED_REQUEST, OCSP_RESPONSE_STATUS_MALFORMEDREQUEST },
		     { OCSP_INTERNAL_ERROR, OCSP_RESPONSE_STATUS_INTERNALERROR },
		     { OCSP_TRY_LATER, OCSP_RESPONSE_STATUS_TRYLATER },
		     { OCSP_UNAUTHORIZED, OCSP_RESPONSE_STATUS_UNAUTHORIZED } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(buffer_done) struct buffer der = { 0 };

		ocsp_error_encode(rows[i].error, &der);
		const unsigned char *at = der.data;
		OCSP_RESPONSE *response = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
		assert_non_null(response);
		assert_int_equal(OCSP_response_status(response), rows[i].expected);
		OCSP_RESPONSE_free(response);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(oc_01_what_is_no_request_is_refused),
		RUN(oc_01_both_hashes_are_read),
		RUN(oc_01_a_nonce_has_1_to_128_octets),
		RUN(oc_01_so_many_certificates_and_no_more),
		RUN(oc_01_each_part_in_its_only_form),
		RUN(oc_01_unknown_extensions_are_ignored_unless_they_are_critical),
		RUN(oc_03_only_a_delegated_responder_may_answer),
		RUN(answers_are_what_openssl_reads),
		RUN(an_answer_of_nobody_or_nothing_is_not_made),
		RUN(errors_are_the_numbers_of_the_rfc),
	};

	return cmocka_run_group_tests(tests, make_ca, drop_ca);
}
