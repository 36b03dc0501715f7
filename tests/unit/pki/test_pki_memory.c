/* wrap: malloc calloc realloc strdup strndup */
#include "test.h"
#include "failing_memory.h"

#include "hex.h"
#include "pki/bundle.h"
#include "pki/cmc.h"
#include "pki/cms.h"
#include "pki/crmf.h"
#include "pki/csr_attrs.h"
#include "pki/lint.h"
#include "pki/ocsp_response.h"
#include "pki/pkcs7.h"
#include "pki/der.h"
#include "sample.h"
#include "vector.h"

#define VIEW(literal) BYTES_LITERAL(literal)

/* Runs the journey with the first, second ... allocation failing until it needs no more of them.
 * Every failure must say that memory is out. */
static void expect_survives(bool (*journey)(struct error *err))
{
	struct error err = { 0 };

	for (size_t n = 1; n < 2000; n++) {
		err = (struct error){ 0 };
		allocations = 0;
		fails_at = n;
		bool succeeded = journey(&err);
		bool fired = allocations >= n;
		fails_at = 0;
		if (!fired) {
			assert_true(succeeded);
			assert_true(n > 1);
			return;
		}
		assert_false(succeeded);
		if (err.reason != REASON_NO_MEMORY)
			fail_msg("allocation %zu: %s (%s)", n, reason_code(err.reason), err.detail);
	}
	fail_msg("the journey does not end");
}

static bool name_journey(struct error *err)
{
	CLEANUP(name_done) struct name name = { 0 }, copy = { 0 }, parsed = { 0 }, odd = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct bytes unknown = VIEW("\x30\x0d\x31\x0b\x30\x09\x06\x04\x2a\x03\x04\x05\x0c\x01x");

	return name_from_text("CN=dev\\2d1+O=Acme,C=DE", &name, err) &&
	       name_copy(&name, &copy, err) && name_encode(&copy, &der, err) &&
	       name_parse(buffer_view(&der), &parsed, err) &&
	       name_parse_tolerant(unknown, &odd, err);
}

TEST(ft_14_names_survive_memory_running_out)
{
	expect_survives(name_journey);
}

static bool san_journey(struct error *err)
{
	CLEANUP(san_done) struct san san = { 0 }, parsed = { 0 }, odd = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct bytes others = VIEW("\x30\x0b\xa0\x04\x06\x02\x2a\x03\x82\x03_.a");

	return san_append(&san, SAN_DNS, "a.example", err) &&
	       san_append(&san, SAN_IP, "10.0.0.1", err) && san_encode(&san, &der, err) &&
	       san_parse(buffer_view(&der), &parsed, err) && san_parse_tolerant(others, &odd, err);
}

TEST(ft_14_alternative_names_survive_memory_running_out)
{
	expect_survives(san_journey);
}

static struct buffer ca, leaf, leaf_tbs;
static struct cert *issuer;

static int make_certs(void **state)
{
	struct private_key *key = sample_key(KEY_P256);
	struct plan ca_plan = sample_ca(key, "CN=CA");
	struct plan leaf_plan = sample_leaf(key, "CN=dev-1", "CN=CA");

	(void)state;
	leaf_plan.san = VIEW("\x30\x03\x82\x01\x61");
	sample_certificate(&ca_plan, key, &ca);
	sample_certificate(&leaf_plan, key, &leaf);
	sample_tbs(&leaf_plan, &leaf_tbs);
	issuer = sample_cert(&ca_plan, key);
	assert_non_null(cert_key(issuer));
	private_key_free(key);
	return 0;
}

static int drop_certs(void **state)
{
	(void)state;
	buffer_done(&ca);
	buffer_done(&leaf);
	buffer_done(&leaf_tbs);
	cert_free(issuer);
	return 0;
}

static bool answer_journey(struct error *err)
{
	CLEANUP(buffer_done) struct buffer cert = { 0 }, pkcs7 = { 0 }, attrs = { 0 };
	struct bytes certs[] = { buffer_view(&leaf), buffer_view(&ca) };
	struct csr_attrs request;

	csr_attrs_init(&request);
	request.challenge_password = true;
	request.key_type = KEY_P256;
	request.signature = SIGN_ECDSA_SHA256;
	if (!csr_attrs_wish_extension(&request, oid_subject_alt_name, false, (struct bytes){ 0 }))
		return error_set(err, REASON_INTERNAL, "no room for one wish");

	return tbs_sign_result(buffer_view(&leaf_tbs), SIGN_ECDSA_SHA256, VIEW("signature"), &cert,
			       err) &&
	       pkcs7_certs_only_encode(certs, 2, &pkcs7, err) &&
	       csr_attrs_encode_both(&request, &request, &attrs, err);
}

TEST(ft_14_answers_survive_memory_running_out)
{
	expect_survives(answer_journey);
}

static bool ocsp_journey(struct error *err)
{
	CLEANUP(buffer_done) struct buffer singles = { 0 }, tbs = { 0 }, response = { 0 };
	const struct ocsp_single single = { .cert_id = VIEW("\x30\x00"),
					    .status = OCSP_REVOKED,
					    .reason = 1 };
	const struct ocsp_head head = { .responder_key_hash = VIEW("key"),
					.nonce = VIEW("nonce"),
					.extends_revoked = true };

	ocsp_single_encode(&single, &singles);
	if (!buffer_ok(&singles))
		return error_set(err, REASON_NO_MEMORY, "as its caller says");
	if (!ocsp_tbs_encode(&head, buffer_view(&singles), &tbs, err))
		return false;
	const struct ocsp_signed answer = { buffer_view(&tbs), SIGN_ECDSA_SHA256, VIEW("signature"),
					    buffer_view(&leaf) };
	return ocsp_response_encode(&answer, &response, err);
}

TEST(ft_14_ocsp_answers_survive_memory_running_out)
{
	expect_survives(ocsp_journey);
}

static bool import_journey(struct error *err)
{
	static struct buffer text; /* made before allocations fail */
	CLEANUP(bundle_done) struct bundle bundle = { 0 };

	if (text.len == 0) {
		size_t fails = fails_at;

		fails_at = 0;
		pem_encode("CERTIFICATE", buffer_view(&leaf), &text);
		pem_encode("CERTIFICATE", buffer_view(&ca), &text);
		fails_at = fails;
	}
	return bundle_parse(buffer_view(&text), &bundle, err);
}

TEST(ft_14_imports_survive_memory_running_out)
{
	expect_survives(import_journey);
}

static bool lint_journey(struct error *err)
{
	return lint_tbs(buffer_view(&leaf_tbs), issuer, NULL, err);
}

TEST(ft_14_lint_survives_memory_running_out)
{
	expect_survives(lint_journey);
}

static bool write_response(struct buffer *ret, struct error *err)
{
	const struct cmc_status status = { .code = CMC_FAILED, .part = 7, .text = "why" };
	struct cmc_response response = { 0 };

	cmc_response_control(&response, CMC_DATA_RETURN, VIEW("\x04\x01x"));
	cmc_response_status(&response, &status);
	struct cmc_part_list list = { .ids = { cmc_response_message(&response, VIEW("\x30\x00")) },
				      .count = 1 };
	cmc_response_batch(&response, &list);
	bool written = cmc_response_encode(&response, ret, err);
	cmc_response_done(&response);
	return written;
}

static bool message_journey(struct error *err)
{
	CLEANUP(buffer_done) struct buffer content = { 0 }, attributes = { 0 };
	CLEANUP(buffer_done) struct buffer signed_data = { 0 }, message = { 0 };
	struct bytes more = buffer_view(&leaf);
	struct cms_signed parsed;

	if (!write_response(&content, err))
		return false;
	const struct cms_statement statement = { .type = oid_cmc_pki_response,
						 .content = buffer_view(&content),
						 .algorithm = SIGN_ECDSA_SHA256,
						 .more_certs = &more,
						 .more_count = 1,
						 .crls = &more, /* any element will do */
						 .crl_count = 1 };
	if (!cms_signed_attributes_encode(&statement, &attributes, err) ||
	    !cms_signed_data_encode(&statement, issuer, buffer_view(&attributes), VIEW("signature"),
				    &signed_data, err))
		return false;
	cms_content_info_write(&message, oid_cms_signed_data, buffer_view(&signed_data));
	if (!buffer_ok(&message))
		return error_set(err, REASON_NO_MEMORY, "message");
	return cms_signed_parse(buffer_view(&message), &parsed, err);
}

TEST(ft_14_messages_survive_memory_running_out)
{
	expect_survives(message_journey);
}

static struct buffer crmf_message;

static bool crmf_journey(struct error *err)
{
	struct der outer = der_open(buffer_view(&crmf_message));
	CLEANUP(csr_freep) struct csr *csr = NULL;
	CLEANUP(public_key_freep) struct public_key *key = NULL;
	struct crmf crmf;

	return crmf_parse(der_read(&outer, DER_SEQUENCE), &crmf, err) &&
	       crmf_to_csr(&crmf, &csr, err) && crmf_key(&crmf, &key, err);
}

TEST(ft_14_crmf_requests_survive_memory_running_out)
{
	crmf_message = vector_load("crmf", "openssl-p256");
	expect_survives(crmf_journey);
	buffer_done(&crmf_message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(ft_14_names_survive_memory_running_out),
		RUN(ft_14_alternative_names_survive_memory_running_out),
		RUN(ft_14_answers_survive_memory_running_out),
		RUN(ft_14_ocsp_answers_survive_memory_running_out),
		RUN(ft_14_imports_survive_memory_running_out),
		RUN(ft_14_lint_survives_memory_running_out),
		RUN(ft_14_messages_survive_memory_running_out),
		RUN(ft_14_crmf_requests_survive_memory_running_out),
	};

	return cmocka_run_group_tests(tests, make_certs, drop_certs);
}
