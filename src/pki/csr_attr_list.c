#include "pki/csr_attr_list.h"

#include "pki/der.h"

static bool read_item(struct der *list, struct csr_attr *ret)
{
	if (der_next_is(list, DER_OID)) {
		*ret = (struct csr_attr){ .oid = der_read(list, DER_OID) };
		return ret->oid.len > 0;
	}

	struct der attribute = der_enter(list, DER_SEQUENCE);
	ret->oid = der_read(&attribute, DER_OID);
	ret->values = der_read(&attribute, DER_SET);
	ret->has_values = true;
	return der_at_end(&attribute) && ret->oid.len > 0;
}

bool csr_attr_list_parse(struct bytes der, struct csr_attr_list *ret, struct error *err)
{
	struct der reader = der_open(der);
	struct der list = der_enter(&reader, DER_SEQUENCE);
	size_t count = 0;

	if (list.failed || !der_at_end(&reader) || der.len > CSR_ATTRS_MAX)
		return error_set(err, REASON_CSR_MALFORMED, "not a DER CsrAttrs (RFC 8951 4)");
	for (; list.rest.len > 0; count++)
		if (count == CSR_ATTR_LIST_MAX || !read_item(&list, &ret->items[count]))
			return error_set(err, REASON_CSR_MALFORMED,
					 "item %zu is no AttrOrOID (RFC 8951 4), or too many",
					 count + 1);
	ret->count = count;
	return true;
}

void csr_attr_list_write(const struct csr_attr_list *list, struct buffer *to)
{
	size_t begun = der_begin(to, DER_SEQUENCE);

	for (size_t i = 0; i < list->count; i++) {
		const struct csr_attr *item = &list->items[i];

		if (!item->has_values) {
			der_write_oid(to, item->oid);
			continue;
		}
		size_t attribute = der_begin(to, DER_SEQUENCE);
		der_write_oid(to, item->oid);
		der_write(to, DER_SET, item->values);
		der_end(to, attribute);
	}
	der_end(to, begun);
}
