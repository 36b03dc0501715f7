/* What csr.c and csr_attribute.c share: the parts of a struct csr. */
#pragma once

#include "pki/csr.h"
#include "pki/der.h"

#define OID_CHANGE_SUBJECT_NAME "\x2b\x06\x01\x05\x05\x07\x07\x24" /* RFC 6402 2.8 */

enum csr_text { CSR_CHALLENGE_PASSWORD, CSR_OTP_CHALLENGE, CSR_EST_IDENTITY_LINKING, CSR_TEXTS };

struct csr {
	unsigned char *copy; /* every view below points into it */
	struct bytes der;
	struct bytes info; /* CertificationRequestInfo, which the signature covers */
	struct bytes signature;
	enum signature_algorithm algorithm;
	bool signature_is_weak;

	struct name subject;
	struct bytes subject_der;
	struct bytes spki;
	struct public_key *key;
	bool asks_extensions;
	struct extensions extensions;
	struct san san;
	char *texts[CSR_TEXTS]; /* wiped when freed: each may be a secret */

	struct decrypt_key_wish decrypt_key;

	bool changes_subject;
	struct name *new_subject; /* NULL: not among the changes */
	struct san *new_san;
};

/* Reads the Attributes' contents into the CSR. */
MUST_CHECK bool csr_attributes_read(struct csr *csr, struct der *attributes, bool lenient,
				    struct error *err);
/* The CSR's signature is one over the message, by the CSR's key; see csr_verify(). `verifier` may
 * be NULL. */
MUST_CHECK bool csr_check_signature(const struct csr *csr, struct verifier *verifier,
				    struct bytes message, struct error *err);
