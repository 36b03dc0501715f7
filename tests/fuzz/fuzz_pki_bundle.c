/* Whatever an administrator pastes: within its bounds, or refused without a trace. PKCS#12 is left
 * to OpenSSL and to time; what is ours of it is the cost that is read before. */
#include <stdlib.h>

#include "pki/bundle.h"
#include "pki/lint.h"
#include "pki/pkcs12.h"
#include "pki/pkcs7.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void parse_bundle(struct bytes input)
{
	CLEANUP(bundle_done) struct bundle bundle = { 0 };
	struct error err;

	if (bundle_parse(input, &bundle, &err))
		expect(bundle.count > 0 && bundle.count <= BUNDLE_CERTS_MAX);
	else
		expect(bundle.count == 0 && !bundle.certs);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(buffer_done) struct buffer decoded = { 0 };
	struct bytes input = { data, size };
	struct der certs;
	struct error err;
	uint32_t iterations = 1;

	parse_bundle(input);
	if (pkcs7_certs_open(input, &certs, &err))
		expect(pkcs7_is_signed_data(input) && certs.rest.len < size);
	if (pbe_iterations(input, &iterations))
		expect(iterations > 0);
	if (pem_decode(input, "CERTIFICATE", "PKCS7", &decoded))
		expect(decoded.len > 0);
	if (lint_tbs(input, NULL, NULL, &err))
		expect(size > 0);
	return 0;
}
