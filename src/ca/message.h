/* What a CA says beside certificates and CRLs, as CMS SignedData. */
#pragma once

#include "ca/signer.h"
#include "model/catalog.h"

/* Appends a SignedData (no ContentInfo around it) over `content`, with the CA's certificate. What
 * is signed is a SET of attributes that begins with the content's type, so it can never be read as
 * a certificate or CRL. The CA must be active. */
MUST_CHECK bool ca_sign_message(struct signer *signer, const struct ca *ca, struct bytes type,
				struct bytes content, struct buffer *ret, struct error *err);
