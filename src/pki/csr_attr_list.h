/* CsrAttrs as they stand on the wire (RFC 7030 4.5.2): a list of OIDs and attributes, whatever they
 * mean. Nothing is lost between reading and writing. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#define CSR_ATTRS_MAX 16384 /* octets of DER */
#define CSR_ATTR_LIST_MAX 64

struct csr_attr {
	struct bytes oid;
	bool has_values;     /* an Attribute, not a bare OID */
	struct bytes values; /* what its SET holds; may be empty */
};

/* Views into the parsed bytes. */
struct csr_attr_list {
	struct csr_attr items[CSR_ATTR_LIST_MAX];
	size_t count;
};

/* REASON_CSR_MALFORMED if the DER is no CsrAttrs. */
MUST_CHECK bool csr_attr_list_parse(struct bytes der, struct csr_attr_list *ret, struct error *err);
/* Appends the DER. */
void csr_attr_list_write(const struct csr_attr_list *list, struct buffer *to);
