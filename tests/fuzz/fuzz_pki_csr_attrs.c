/* What another EST server says it wants in a CSR. What is read is written again as it was, and what
 * a client makes of it can be asked for anew. */
#include <stdlib.h>

#include "pki/csr_attrs.h"

static void expect(bool condition)
{
	if (!condition)
		abort();
}

static void check_list(struct bytes input)
{
	CLEANUP(buffer_done) struct buffer back = { 0 };
	struct csr_attr_list list;
	struct error err;

	if (!csr_attr_list_parse(input, &list, &err))
		return;
	csr_attr_list_write(&list, &back);
	expect(buffer_ok(&back) && bytes_equal(buffer_view(&back), input));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	CLEANUP(buffer_done) struct buffer der = { 0 };
	struct bytes input = { data, size };
	struct csr_attrs attrs, again;
	struct error err;

	check_list(input);
	if (!csr_attrs_parse(input, &attrs, &err) ||
	    !csr_attrs_encode_template(&attrs, &der, &err) || der.len > CSR_ATTRS_MAX)
		return 0;
	expect(csr_attrs_parse(buffer_view(&der), &again, &err));
	expect(again.extension_count == attrs.extension_count);
	expect(again.subject_count == attrs.subject_count);
	expect(again.key_type == attrs.key_type);
	return 0;
}
