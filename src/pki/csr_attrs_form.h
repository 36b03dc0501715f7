/* What the writer and the readers of CsrAttrs share. */
#pragma once

#include "pki/csr_attrs.h"

/* OID contents octets. */
extern const struct bytes id_challenge_password, id_extension_request, id_extension_template,
	id_request_template, id_rsa_encryption, id_ec_public_key, id_ed25519;

/* KEY_TYPE_COUNT when it is none of ours. */
enum key_type csr_attrs_curve(struct bytes oid);
/* The named curve; empty for RSA and Ed25519. */
struct bytes csr_attrs_curve_oid(enum key_type type);

/* The Attribute that holds a template. */
MUST_CHECK bool csr_template_write(const struct csr_attrs *attrs, struct buffer *to,
				   struct error *err);
/* From what the SET of that attribute holds. */
MUST_CHECK bool csr_template_read(struct bytes values, struct csr_attrs *ret, struct error *err);
/* An extensionRequest's or extensionReqTemplate's one value. */
MUST_CHECK bool csr_attrs_read_extensions(struct bytes values, bool may_lack_values,
					  struct csr_attrs *ret, struct error *err);
void csr_attrs_write_extensions(const struct csr_attrs *attrs, struct buffer *to);
bool csr_attrs_know_all_values(const struct csr_attrs *attrs);
