/* What the readers of bundles share: adding one object to a bundle within its bounds. */
#pragma once

#include "pki/bundle.h"
#include "pki/pem.h"

/* A SEQUENCE of more than 127 octets, which no text begins with. */
bool bundle_is_der(struct bytes text);
/* Parses a certificate and adds it unless it is there already. REASON_IMPORT_MALFORMED. */
MUST_CHECK bool bundle_add_cert(struct bundle *bundle, struct bytes der, struct error *err);
/* A PEM block that holds certificates: CERTIFICATE, PKCS7 and their older names. */
MUST_CHECK bool bundle_add_block(struct bundle *bundle, const struct pem_block *block,
				 struct error *err);
