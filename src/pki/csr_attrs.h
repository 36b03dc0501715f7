/* CsrAttrs (RFC 7030 4.5.2, as RFC 8951 section 4 corrects it): what a client should put into its
 * CSR. */
#pragma once

#include "pki/key.h"

struct csr_attrs {
	bool challenge_password;        /* wanted: the attribute's OID is listed */
	const struct bytes *extensions; /* extension OIDs wanted, listed in extensionRequest… */
	size_t extension_count;         /* …as bare OIDs, the form that today's clients read */
	enum key_type key_type;         /* KEY_TYPE_COUNT: said nothing */
	unsigned int key_bits;          /* for KEY_RSA; 0 says nothing */
	enum signature_algorithm signature; /* SIGN_COUNT: said nothing */
};

/* Appends the DER. */
MUST_CHECK bool csr_attrs_encode(const struct csr_attrs *attrs, struct buffer *ret,
				 struct error *err);
/* How many AttrOrOID a DER CsrAttrs holds; REASON_CSR_MALFORMED if it is none. */
MUST_CHECK bool csr_attrs_parse(struct bytes der, size_t *ret_count, struct error *err);
