/* What a CA says beside certificates and CRLs, as CMS SignedData. */
#pragma once

#include "ca/signer.h"
#include "model/catalog.h"

struct ca_message {
	struct bytes type; /* the content's OID */
	struct bytes content;
	const struct bytes *certs; /* to come along beside the CA's */
	size_t cert_count;
	const struct bytes *crls;
	size_t crl_count;
};

/* Appends a SignedData (no ContentInfo around it) with the CA's certificate. What
 * is signed is a SET of attributes that begins with the content's type, so it can never be read as
 * a certificate or CRL. The CA must be active. */
MUST_CHECK bool ca_sign_message(struct signer *signer, const struct ca *ca,
				const struct ca_message *message, struct buffer *ret,
				struct error *err);
