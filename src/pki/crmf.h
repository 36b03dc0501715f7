/* A certification request in the Certificate Request Message Format (RFC 4211), as CMC takes it
 * (RFC 5272 3.2.1.2.2): with a subject, a key and a signature by that key over the CertRequest.
 * It becomes the very CSR that PKCS#10 would have brought, so nothing below knows the difference.
 */
#pragma once

#include "pki/cmc.h"
#include "pki/csr.h"

/* Views into the message. */
struct crmf {
	struct bytes request; /* the whole CertRequest: what the signature covers */

	/* the template's; `issuer` and `extensions` are empty where it has none */
	struct bytes issuer, subject;  /* DER Names */
	struct bytes key;              /* what a SubjectPublicKeyInfo holds */
	struct bytes extensions;       /* what Extensions holds */
	struct bytes changed_subject;  /* a control's ChangeSubjectName; empty for none */
	struct cmc_certificate renews; /* the control oldCertID; empty for none */

	struct bytes algorithm; /* a whole AlgorithmIdentifier */
	struct bytes signature;
};

/* Reads what a CertReqMsg holds, without the head of its SEQUENCE, in whose stead CMC has a tag of
 * its own. Fields that are the CA's to fill in, and controls that ask for what is not done here,
 * are refused: nothing is passed over but the wished validity, of which the profile decides.
 * REASON_TOO_LARGE, REASON_CSR_MALFORMED, REASON_CMC_CONTROL; REASON_POP_MISSING where no signature
 * proves possession. */
MUST_CHECK bool crmf_parse(struct bytes contents, struct crmf *ret, struct error *err);
/* The key that is to be certified, whoever may have it: judged as public_key_parse() does. */
MUST_CHECK bool crmf_key(const struct crmf *crmf, struct public_key **ret, struct error *err);
/* The same request as a CSR, judged as csr_parse() does; possession is verified. Of the CSR's own
 * signature, which CRMF does not have, csr_verify() would say that it is wrong. */
MUST_CHECK bool crmf_to_csr(const struct crmf *crmf, struct csr **ret, struct error *err);
