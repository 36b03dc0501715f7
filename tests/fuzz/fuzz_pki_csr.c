/* Any bytes as a CSR: parsed and, if they parse, verified and asked for everything; and both at
 * once. */
#include <stdlib.h>
#include <string.h>

#include "pki/csr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t touch(const char *text)
{
	return text ? strlen(text) : 0;
}

static void ask_everything(const struct csr *csr, struct bytes der)
{
	const struct name *name = NULL;
	const struct san *san = NULL;
	CLEANUP(buffer_done) struct buffer text = { 0 };
	struct error err = { 0 };

	if (!bytes_equal(csr_der(csr), der) || !csr_key(csr))
		abort();
	name_to_text(csr_subject(csr), &text);
	touch(csr_challenge_password(csr));
	touch(csr_otp_challenge(csr));
	touch(csr_est_identity_linking(csr));
	if (csr_change_subject(csr, &name, &san) && !name && !san)
		abort();
	if (!csr_verify(csr, &err) && err.reason == REASON_NONE)
		abort();
}

/* The edge's way comes to the same as the two steps. */
static void read_at_once(struct bytes der, const struct csr *parsed)
{
	CLEANUP(verifier_freep) struct verifier *verifier = NULL;
	CLEANUP(csr_freep) struct csr *csr = NULL;
	struct error err = { 0 };

	if (!verifier_new(&verifier, &err))
		return;
	bool taken = csr_parse_verified(verifier, der, true, &csr, &err);
	if (taken != (parsed && csr_verify(parsed, &err)) || taken != (csr != NULL))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct bytes der = { data, size };
	CLEANUP(csr_freep) struct csr *strict = NULL;
	CLEANUP(csr_freep) struct csr *lenient = NULL;
	struct error err = { 0 };

	if (csr_parse(der, false, &strict, &err))
		ask_everything(strict, der);
	if (csr_parse(der, true, &lenient, &err))
		ask_everything(lenient, der);
	if (strict && !lenient)
		abort();
	read_at_once(der, lenient);
	/* whoever makes the key anew judges less, and nothing more */
	CLEANUP(csr_freep) struct csr *unkeyed = NULL;
	unsigned int bits = 0;
	if (!csr_parse_unkeyed(der, true, &unkeyed, &err)) {
		if (lenient)
			abort();
		return 0;
	}
	if (csr_key(unkeyed) || csr_verify(unkeyed, &err))
		abort();
	if (lenient && csr_key_wish(unkeyed, &bits) != public_key_type(csr_key(lenient)))
		abort();
	return 0;
}
