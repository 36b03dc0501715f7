/* A request that somebody else finished: whoever has the key made a CSR of it (ENR-09). */
#include "est_client/client_request.h"
#include "est_client/failure.h"
#include "pki/bundle.h"
#include "pki/csr.h"
#include "pki/der.h"

#define CSR_FILE_MAX (2 * CSR_MAX) /* of PEM with text around it */

static bool refuse(struct error *err, const struct error *why)
{
	return error_set(err,
			 why->reason == REASON_NO_MEMORY ? why->reason : REASON_IMPORT_MALFORMED,
			 "the CSR: %s", why->detail);
}

static bool decode(struct bytes text, struct buffer *ret, struct error *err)
{
	if (text.len > CSR_FILE_MAX)
		return error_set(err, REASON_IMPORT_MALFORMED, "longer than %d octets",
				 CSR_FILE_MAX);
	if (text.len && text.data[0] == DER_SEQUENCE)
		buffer_append(ret, text);
	else if (!pem_decode(text, "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST", ret))
		return error_set(err, REASON_IMPORT_MALFORMED,
				 "neither DER nor PEM of exactly one");
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "request");
}

/* A server would refuse it as well, but not in words that reach whoever made it. */
static bool parse(struct bytes text, struct csr **ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(csr_freep) struct csr *csr = NULL;

	if (!decode(text, &der, err) || !csr_parse(buffer_view(&der), true, &csr, err) ||
	    !csr_verify(csr, err))
		return false;
	*ret = TAKE(csr);
	return true;
}

/* What the answer is held against: a renewal may ask for another name in an attribute (RFC 6402
 * 2.8). */
static const struct name *wanted_subject(const struct csr *csr)
{
	const struct name *other = NULL;
	const struct san *san = NULL;

	return csr_change_subject(csr, &other, &san) && other ? other : csr_subject(csr);
}

static bool adopt(struct bestow_request *request, struct csr **csr, struct error *err)
{
	struct name name = { 0 };

	if (!name_copy(wanted_subject(*csr), &name, err) ||
	    !request_take_subject(request, &name, (struct bytes){ 0 }, err))
		return false;
	request->names_are_fixed = true;
	request->csr = TAKE(*csr);
	return true;
}

bool request_check_open(const struct bestow_request *request, struct error *err)
{
	return !request->csr ||
	       error_set(err, REASON_INVALID,
			 "the request is a finished CSR: nothing can be added to it");
}

const unsigned char *request_key_hash(const struct bestow_request *request,
				      const struct bestow_key *key)
{
	if (request->csr)
		return public_key_hash(csr_key(request->csr));
	return key ? public_key_hash(key->public) : NULL;
}

/* -- what leaves the library -- */

bool bestow_request_of_csr(const void *data, size_t size, struct bestow_request **ret,
			   struct bestow_error *ret_err)
{
	CLEANUP(csr_freep) struct csr *csr = NULL;
	struct bestow_request *request = NULL;
	struct error err = { 0 }, why = { 0 };

	if (!parse((struct bytes){ data, size }, &csr, &why)) {
		(void)refuse(&err, &why);
		return failure_tell(&err, ret_err);
	}
	if (!bestow_request_new(&request, ret_err))
		return false;
	if (!adopt(request, &csr, &err)) {
		bestow_request_free(request);
		return failure_tell(&err, ret_err);
	}
	*ret = request;
	return true;
}
