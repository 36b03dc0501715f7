/* Whatever parses lies in the input, keeps its bounds, and is answered by what holds each CertID as
 * it was asked. */
#include <stdlib.h>
#include <string.h>

#include "pki/ocsp_request.h"
#include "pki/ocsp_response.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static bool lies_in(struct bytes view, struct bytes whole)
{
	return view.data >= whole.data && view.len <= whole.len &&
	       (size_t)(view.data - whole.data) <= whole.len - view.len;
}

static void check_question(const struct ocsp_cert_id *id, struct bytes input)
{
	struct ocsp_cert_id again;

	expect(lies_in(id->der, input) && lies_in(id->serial, id->der));
	expect(id->serial.len > 0 && id->serial.len <= OCSP_SERIAL_MAX);
	expect(id->hash == OCSP_HASH_COUNT || id->issuer_key_hash.len == ocsp_hash_len(id->hash));
	expect(ocsp_cert_id_parse(id->der, &again) && bytes_equal(again.serial, id->serial));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	struct bytes input = { data, size };
	CLEANUP(buffer_done) struct buffer singles = { 0 };
	CLEANUP(buffer_done) struct buffer tbs = { 0 };
	struct ocsp_request request;
	struct error err = { 0 };

	if (!ocsp_request_parse(input, &request, &err)) {
		expect(err.reason == REASON_OCSP_MALFORMED);
		return 0;
	}
	expect(request.count > 0 && request.count <= OCSP_QUESTIONS_MAX);
	expect(request.nonce.len <= OCSP_NONCE_MAX);
	for (size_t i = 0; i < request.count; i++) {
		check_question(&request.questions[i], input);
		ocsp_single_encode(&(struct ocsp_single){ .cert_id = request.questions[i].der },
				   &singles);
	}
	const struct ocsp_head head = { .responder_key_hash = BYTES_LITERAL("key"),
					.nonce = request.nonce };
	expect(ocsp_tbs_encode(&head, buffer_view(&singles), &tbs, &err));
	return 0;
}
