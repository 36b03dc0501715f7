/* Any bytes as a CRMF request: everything in it lies within, and what becomes a CSR has the key
 * that was asked for. */
#include <stdlib.h>
#include <string.h>

#include "pki/crmf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_within(struct bytes part, struct bytes whole)
{
	if (part.len && (part.data < whole.data || part.data + part.len > whole.data + whole.len))
		abort();
}

static void check_csr(const struct crmf *crmf)
{
	CLEANUP(csr_freep) struct csr *csr = NULL;
	CLEANUP(public_key_freep) struct public_key *key = NULL;
	struct error err = { 0 };

	if (!crmf_to_csr(crmf, &csr, &err)) {
		if (err.reason == REASON_NONE)
			abort();
		return;
	}
	if (!crmf_key(crmf, &key, &err) ||
	    memcmp(public_key_hash(key), public_key_hash(csr_key(csr)), KEY_HASH_LEN) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes contents = { data, size };
	struct crmf crmf;
	struct error err = { 0 };

	if (!crmf_parse(contents, &crmf, &err)) {
		if (err.reason == REASON_NONE)
			abort();
		return 0;
	}
	check_within(crmf.request, contents);
	check_within(crmf.issuer, crmf.request);
	check_within(crmf.subject, crmf.request);
	check_within(crmf.key, crmf.request);
	check_within(crmf.extensions, crmf.request);
	check_within(crmf.changed_subject, crmf.request);
	check_within(crmf.renews.issuer, crmf.request);
	check_within(crmf.renews.serial, crmf.request);
	check_within(crmf.algorithm, contents);
	check_within(crmf.signature, contents);
	check_csr(&crmf);
	return 0;
}
