/* Any bytes as a certificate: parsed, and walked as a chain of itself below itself. */
#include <stdlib.h>

#include "pki/chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct cert *cert)
{
	const struct chain_request request = {
		.leaf = cert,
		.sent = &cert,
		.sent_count = 1,
		.anchors = &cert,
		.anchor_count = 1,
		.now = cert_not_before(cert),
	};
	struct error err = { 0 };
	size_t anchor;

	/* one certificate is never its own authority */
	if (chain_check(&request, &anchor, &err) || err.reason == REASON_NONE)
		abort();
	(void)!chain_check_client_usage(cert, true, &err);
	if (chain_check_anchor(cert, cert_not_after(cert), &err) && !cert_is_ca(cert))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes der = { data, size };
	CLEANUP(cert_freep) struct cert *cert = NULL;
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct error err = { 0 };

	if (!cert_parse(der, &cert, &err))
		return 0;
	if (!bytes_equal(cert_der(cert), der))
		abort();
	name_to_text(cert_subject(cert), &text);
	name_to_text(cert_issuer(cert), &text);
	walk(cert);
	return 0;
}
