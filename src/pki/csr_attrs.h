/* What an EST server wants to see in a CSR (RFC 7030 4.5), in both forms in which servers say it:
 * the list of RFC 7030 as RFC 8951 section 4 and RFC 9908 section 3.2 correct it, and the template
 * of RFC 9908 section 3.4. Written by the server, read by the client. */
#pragma once

#include "pki/csr_attr_list.h"
#include "pki/extension.h"
#include "pki/key.h"
#include "pki/name.h"

/* An extension of the CSR. */
struct wished_extension {
	struct bytes oid;
	bool critical;
	struct bytes value; /* without data: the client fills it in */
};

/* An attribute of the CSR's subject. */
struct wished_name {
	struct bytes type;  /* OID contents */
	unsigned int tag;   /* of the value */
	struct bytes value; /* without data: the client fills it in */
};

/* Views are borrowed: from the parsed bytes, or from whoever made them. */
struct csr_attrs {
	bool challenge_password;
	struct wished_name subject[NAME_ATTRIBUTES_MAX];
	size_t subject_count;
	enum key_type key_type; /* KEY_TYPE_COUNT: said nothing */
	unsigned int key_bits;  /* for KEY_RSA; 0 says nothing */
	struct wished_extension extensions[EXTENSIONS_MAX];
	size_t extension_count;
	enum signature_algorithm signature; /* SIGN_COUNT: said nothing */
};

/* Wishes nothing. */
void csr_attrs_init(struct csr_attrs *attrs);
/* One wish more; false when there are too many, or no such attribute. */
MUST_CHECK bool csr_attrs_wish_extension(struct csr_attrs *attrs, struct bytes oid, bool critical,
					 struct bytes value);
MUST_CHECK bool csr_attrs_wish_name(struct csr_attrs *attrs, enum name_attribute attribute,
				    const char *value);

/* Appends the DER of the list of RFC 7030. It cannot speak of the subject. Extensions whose values
 * are all known are one Extensions in one extensionRequest; else their OIDs stand there alone, as
 * in RFC 8951's example, which today's clients read. At most what libest can read: REASON_INVALID.
 */
MUST_CHECK bool csr_attrs_encode(const struct csr_attrs *attrs, struct buffer *ret,
				 struct error *err);
/* The same with the template of RFC 9908, which says all of it but challengePassword: that stays a
 * bare OID, because an attribute there must have a value. */
MUST_CHECK bool csr_attrs_encode_template(const struct csr_attrs *attrs, struct buffer *ret,
					  struct error *err);
/* Both, for old clients and new ones. */
MUST_CHECK bool csr_attrs_encode_both(const struct csr_attrs *list,
				      const struct csr_attrs *template, struct buffer *ret,
				      struct error *err);

/* What the server wants, from either form; where the template is there it alone is read (RFC 9908
 * section 4). What is not known is passed over. REASON_CSR_MALFORMED for what is no CsrAttrs, and
 * for what RFC 9908 forbids: two requests for extensions, or two templates. */
MUST_CHECK bool csr_attrs_parse(struct bytes der, struct csr_attrs *ret, struct error *err);
