#include "manage/csr_file.h"

#include "base/base64.h"
#include "pki/bundle.h"

bool csr_file_read(const json_t *params, const char *name, struct buffer *ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer file = { 0 };

	if (!param_file(params, name, &file, err))
		return false;
	if (pem_decode(buffer_view(&file), "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST", ret))
		return true;
	/* no DER is text of this alphabet: its length octets are not */
	if (base64_decode(buffer_view(&file), ret, NULL))
		return true;
	buffer_append(ret, buffer_view(&file));
	return buffer_ok(ret) || error_set(err, REASON_NO_MEMORY, "CSR");
}

bool csr_file_parse(const json_t *params, const char *name, struct csr **ret, struct error *err)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	CLEANUP(csr_freep) struct csr *csr = NULL;

	if (!csr_file_read(params, name, &der, err) ||
	    !csr_parse(buffer_view(&der), true, &csr, err) || !csr_verify(csr, err))
		return false;
	*ret = TAKE(csr);
	return true;
}
