/* Writes TBSCertificate and Certificate (RFC 5280 4.1). */
#pragma once

#include "pki/cert.h"

/* Everything that a certificate says. All views are borrowed. */
struct tbs {
	struct bytes serial; /* positive, contents octets */
	enum signature_algorithm signature_algorithm;
	struct bytes issuer; /* DER Name */
	int64_t not_before, not_after;
	struct bytes subject;    /* DER Name */
	struct bytes spki;       /* DER */
	struct bytes extensions; /* whole Extension elements, one after the other, in order */
};

/* Appends the DER. */
MUST_CHECK bool tbs_encode(const struct tbs *tbs, struct buffer *ret, struct error *err);
/* What tbs_encode() wrote, read back as views into `der`. */
MUST_CHECK bool tbs_parse(struct bytes der, struct tbs *ret, struct error *err);
MUST_CHECK bool tbs_sign_result(struct bytes tbs, enum signature_algorithm algorithm,
				struct bytes signature, struct buffer *ret,
				struct error *err); /* the certificate's DER */
