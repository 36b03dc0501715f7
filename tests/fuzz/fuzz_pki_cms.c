/* Any bytes as a signed message, and what it holds as a PKIData: everything in it lies within the
 * message. */
#include <stdlib.h>

#include "pki/cmc.h"
#include "pki/cms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_within(struct bytes part, struct bytes whole)
{
	if (part.len && (part.data < whole.data || part.data + part.len > whole.data + whole.len))
		abort();
}

static void read_content(struct bytes content)
{
	struct error err = { 0 };
	struct cmc_request request;

	if (!cmc_request_parse(content, &request, &err)) {
		if (err.reason == REASON_NONE)
			abort();
		return;
	}
	for (size_t i = 0; i < request.control_count; i++) {
		struct cmc_certificate certificate;
		struct cmc_revocation revocation;

		if (request.controls[i].id == 0)
			abort();
		check_within(request.controls[i].value, content);
		(void)!cmc_get_cert_parse(request.controls[i].value, &certificate, &err);
		(void)!cmc_revocation_parse(request.controls[i].value, &revocation, &err);
		struct cmc_crl_query query;
		if (cmc_get_crl_parse(request.controls[i].value, &query, &err)) {
			check_within(query.issuer, content);
			check_within(query.uri, content);
		}
		struct cmc_part_list list;
		if (cmc_part_list_parse(request.controls[i].value, &list, &err) && list.count == 0)
			abort();
		struct cmc_part part;
		if (cmc_query_pending_parse(request.controls[i].value, &part, &err)) {
			check_within(part.der, content);
			check_within(part.whole, content);
		}
		if (cmc_witness_names(request.controls[i].value, 0))
			abort();
	}
	for (size_t i = 0; i < request.part_count; i++)
		check_within(request.parts[i].der, content);
	for (size_t i = 0; i < request.part_count; i++)
		check_within(request.parts[i].whole, content);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes der = { data, size };
	struct cms_signed message;
	struct error err = { 0 };

	read_content(der);
	if (!cms_signed_parse(der, &message, &err)) {
		if (err.reason == REASON_NONE)
			abort();
		return 0;
	}
	for (size_t i = 0; i < message.cert_count; i++)
		check_within(message.certs[i], der);
	check_within(message.content, der);
	check_within(message.attributes, der);
	/* without a key only an unsigned message can be right */
	if (cms_signed_verify(&message, NULL, &err) && !message.is_unsigned)
		abort();
	read_content(message.content);
	return 0;
}
