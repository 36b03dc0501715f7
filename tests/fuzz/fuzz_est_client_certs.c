/* Certificates that a server sends: as its own chain, as its CAs, as what it issued. Nothing a
 * stranger can write leads to an anchor that is not among them, or to a certificate for our key. */
#include <stdlib.h>

#include "est_client/issued.h"

#define NOW 1760000000

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort();
}

static void check_server(const struct bundle *bundle)
{
	const struct trust nobody = { 0 };
	const struct server_chain chain = { .certs = (const struct cert *const *)bundle->certs,
					    .count = bundle->count };
	struct error err;

	expect(!trust_check_server(&nobody, "est.example", &chain, NOW, &err));
	for (size_t i = 0; i < bundle->count; i++)
		(void)trust_host_matches(bundle->certs[i], "est.example");
}

static void pick_issued(const struct bundle *bundle, const struct bundle *anchors)
{
	static const unsigned char nobodys_key[KEY_HASH_LEN];
	struct bestow_request *request = NULL;
	CLEANUP(bundle_done) struct bundle chain = { 0 };
	struct error err;

	if (!bestow_request_new(&request, NULL))
		return;
	struct issued_expectation expected = {
		.request = request,
		.key_hash = nobodys_key,
		.cacerts = bundle,
		.anchors = anchors,
		.now = NOW,
	};
	expect(!issued_pick(bundle, &expected, &chain, &err));
	/* as though the last were ours */
	expected.key_hash = cert_key_hash(bundle->certs[bundle->count - 1]);
	if (issued_pick(bundle, &expected, &chain, &err))
		expect(chain.count > 0 && !cert_is_ca(chain.certs[0]));
	bestow_request_free(request);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(bundle_done) struct bundle bundle = { 0 };
	CLEANUP(bundle_done) struct bundle anchors = { 0 };
	struct error err;

	if (!bundle_parse((struct bytes){ data, size }, &bundle, &err))
		return 0;
	check_server(&bundle);
	if (trust_pick_anchors(&bundle, NOW, &anchors, &err))
		expect(anchors.count > 0 && anchors.count <= bundle.count);
	pick_issued(&bundle, &anchors);
	return 0;
}
