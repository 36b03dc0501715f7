/* How things are written: RFC 8951, RFC 7030 4.1.3. */
#include <string.h>

#include "base/base64.h"
#include "bestow/conformance.h"
#include "pki/bundle.h"
#include "pki/cms.h"
#include "pki/der.h"

/* The first request once more, written otherwise: it must be understood. */
static enum verdict repeat(struct kit *kit, const char *what, const struct call *call,
			   struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	struct error err = { 0 };
	char text[160];

	if (!kit_ask(kit, call, &answer, &err))
		return unanswered(finding, what, &err);
	if (answer.status != 200)
		return failed(finding, "%s: %s", what, answer_text(&answer, text));
	return passed(finding, "%s is read", what);
}

static enum verdict try_transfer_encoding(struct kit *kit, struct finding *finding)
{
	CLEANUP(buffer_done) struct buffer body = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct error err = { 0 };
	enum verdict verdict;

	if (!kit_first(kit, finding, &verdict))
		return verdict;
	if (!answer_decode(&kit->first.answer, &der, &err))
		return failed(finding, "the answer to simpleenroll: %s", err.detail);
	if (!encode_line(buffer_view(&kit->first.csr), &body, &err))
		return not_applicable(finding, "%s", err.detail);
	const struct call call = { .operation = "simpleenroll",
				   .content_type = "application/pkcs10",
				   .fields = "Content-Transfer-Encoding: binary\r\n",
				   .body = buffer_view(&body),
				   .is_known = true };
	return repeat(kit, "base64 that calls itself binary", &call, finding);
}

static enum verdict try_white_space(struct kit *kit, struct finding *finding)
{
	CLEANUP(buffer_done) struct buffer lines = { 0 };
	CLEANUP(buffer_done) struct buffer body = { 0 };
	enum verdict verdict;

	if (!kit_first(kit, finding, &verdict))
		return verdict;
	base64_encode(buffer_view(&kit->first.csr), 64, &lines);
	for (size_t i = 0; i < lines.len; i++) {
		if (lines.data[i] == '\n')
			buffer_append_text(&body, " \t\r");
		buffer_append_byte(&body, lines.data[i]);
	}
	buffer_append_text(&body, "\r\n");
	if (!buffer_ok(&body))
		return not_applicable(finding, "memory is out");
	const struct call call = { .operation = "simpleenroll",
				   .content_type = "application/pkcs10",
				   .body = buffer_view(&body),
				   .is_known = true };
	return repeat(kit, "base64 in lines that end in space, tab, CR and LF", &call, finding);
}

static enum verdict try_transfer_field(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	const struct call call = { .operation = "cacerts" };
	struct error err = { 0 };
	char text[160] = "nothing";

	if (!kit_call(kit, &call, &answer, &err))
		return unanswered(finding, "GET cacerts", &err);
	if (!probe_answer_field(&answer, "Content-Transfer-Encoding", text, sizeof text) ||
	    strcasecmp(text, "base64") != 0)
		return warned(finding,
			      "cacerts' Content-Transfer-Encoding is %s: old clients want "
			      "base64 there",
			      text);
	return passed(finding, "base64");
}

static enum verdict try_pem(struct kit *kit, struct finding *finding)
{
	CLEANUP(buffer_done) struct buffer body = { 0 };
	enum verdict verdict;

	if (!kit_first(kit, finding, &verdict))
		return verdict;
	pem_encode("CERTIFICATE REQUEST", buffer_view(&kit->first.csr), &body);
	const struct call call = { .operation = "simpleenroll",
				   .content_type = "application/pkcs10",
				   .body = buffer_view(&body),
				   .is_known = true };
	verdict = repeat(kit, "PEM", &call, finding);
	return verdict == FAILED ? WARNED : verdict;
}

/* SEQUENCE of definite length to indefinite: 30 82 xx xx … to 30 80 … 00 00. */
static bool make_indefinite(struct bytes der, struct buffer *ret)
{
	struct der reader = der_open(der);
	struct bytes contents = der_read(&reader, DER_SEQUENCE);

	buffer_append(ret, BYTES_LITERAL("\x30\x80"));
	buffer_append(ret, contents);
	buffer_append(ret, BYTES_LITERAL("\x00\x00"));
	return !reader.failed && buffer_ok(ret);
}

static bool refuses(struct kit *kit, struct bytes der, int *ret_status, struct error *err)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };

	if (!kit_post(kit, "simpleenroll", der, &answer, err))
		return false;
	*ret_status = answer.status;
	return true;
}

static enum verdict try_not_der(struct kit *kit, struct finding *finding)
{
	CLEANUP(bestow_key_donep) struct bestow_key *key = NULL;
	CLEANUP(buffer_done) struct buffer longer = { 0 };
	CLEANUP(buffer_done) struct buffer indefinite = { 0 };
	struct error err = { 0 };
	int status = 0;

	if (!kit_key(kit, &key, &err) ||
	    !kit_csr(kit, &(struct csr_wish){ .key = key }, &longer, &err) ||
	    !make_indefinite(buffer_view(&longer), &indefinite))
		return not_applicable(finding, "%s", err.detail);
	buffer_append_text(&longer, "more");
	const struct {
		const char *what;
		struct bytes der;
	} cases[] = {
		{ "four octets behind the request", buffer_view(&longer) },
		{ "a length of BER that DER does not know", buffer_view(&indefinite) },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (!refuses(kit, cases[i].der, &status, &err))
			return unanswered(finding, cases[i].what, &err);
		if (status < 400 || status > 499)
			return failed(finding, "%s: %d", cases[i].what, status);
	}
	return passed(finding, "what is not exactly one DER object is refused");
}

/* ContentInfo { signedData, [0] SignedData }, as RFC 7030 4.1.3 and RFC 5652 have it. */
static const char *fault_of(struct bytes der)
{
	struct der whole = der_open(der);
	struct der info = der_enter(&whole, DER_SEQUENCE);
	bool is_signed = bytes_equal(der_read(&info, DER_OID), oid_cms_signed_data);
	struct der explicit = der_enter(&info, DER_CONTEXT_0);
	struct der signed_data = der_enter(&explicit, DER_SEQUENCE);

	if (!is_signed || signed_data.failed || !der_at_end(&whole))
		return "it is no SignedData, or more than one object";
	if (der_read_small(&signed_data) != 1 || signed_data.failed)
		return "its version is not 1";
	if (der_read(&signed_data, DER_SET).len)
		return "digestAlgorithms is not empty";
	struct der content = der_enter(&signed_data, DER_SEQUENCE);
	if (!bytes_equal(der_read(&content, DER_OID), oid_cms_data))
		return "its content is not of type id-data";
	if (!der_at_end(&content))
		return "there is an eContent, on which Bouncy Castle fails";
	if (!der_next_is(&signed_data, DER_CONTEXT_0) || !der_read(&signed_data, DER_CONTEXT_0).len)
		return "there are no certificates";
	if (der_next_is(&signed_data, DER_CONTEXT_0 + 1))
		(void)der_read(&signed_data, DER_CONTEXT_0 + 1);
	if (der_read(&signed_data, DER_SET).len)
		return "signerInfos is not empty";
	return der_at_end(&signed_data) ? NULL : "it is not whole";
}

static enum verdict try_certs_only(struct kit *kit, struct finding *finding)
{
	CLEANUP(probe_answer_donep) struct probe_answer answer = { 0 };
	CLEANUP(buffer_done) struct buffer der = { 0 };
	const struct call call = { .operation = "cacerts" };
	struct error err = { 0 };

	if (!kit_call(kit, &call, &answer, &err))
		return unanswered(finding, "GET cacerts", &err);
	if (!answer_decode(&answer, &der, &err))
		return failed(finding, "cacerts: %s", err.detail);
	const char *fault = fault_of(buffer_view(&der));
	if (fault)
		return failed(finding, "cacerts: %s", fault);
	return passed(finding, "certs-only, as it should be");
}

static const struct item rows[] = {
	{ "ENC-01", "bodies are base64, whatever a field says of them",
	  "RFC 8951 3.1: Content-Transfer-Encoding is to be ignored", true, .cost = 1,
	  .uses_first = true, .run = try_transfer_encoding },
	{ "ENC-02", "white space in base64 is tolerated", "RFC 8951 3.1, RFC 4648 3.3", true,
	  .cost = 1, .uses_first = true, .run = try_white_space },
	{ "ENC-03", "answers name their Content-Transfer-Encoding",
	  "RFC 7030 4.1.3 had it, RFC 8951 3.1 retired it; old clients look for it", false,
	  .run = try_transfer_field },
	{ "ENC-04", "PEM is understood too",
	  "no RFC says so: it is the mistake that people make most often", false, .cost = 1,
	  .uses_first = true, .run = try_pem },
	{ "ENC-05", "what is not exactly one DER object is refused",
	  "RFC 7030 4.2.1, RFC 2986 4: DER; 4.2.3: a bad request is a 4xx", true, .risk = 2,
	  .run = try_not_der },
	{ "ENC-06", "certs-only messages have the right form",
	  "RFC 7030 4.1.3, RFC 5652 5.1: version 1, no digests, no content, no signers", true,
	  .run = try_certs_only },
};

const struct item_list encoding_items = { rows, ARRAY_LEN(rows) };
