/* Never issue what is not recorded, never sign what was not checked: prepare, then sign. */
#pragma once

#include "ca/signer.h"
#include "model/grant.h"
#include "store/store.h"

/* One certificate about to be: linted and entered in the store as an intent. One use. */
struct issuance;
void issuance_free(struct issuance *issuance);
DEFINE_CLEANUP(struct issuance *, issuance_free)

/* Consumes the grant. Builds the TBSCertificate with a fresh serial, lints it, and inserts the
 * intent in `tx`. `issuer` is NULL for a self-signed certificate. */
MUST_CHECK bool ca_prepare(struct store_tx *tx, struct grant *grant, const struct ca *issuer,
			   const struct clock *clock, struct issuance **ret, struct error *err);
/* Consumes the issuance. Signs, verifies the signature, and completes the record in `tx`: the
 * certificate may leave only after its commit. `key_name` names the issuer's key. */
MUST_CHECK bool ca_sign(struct store_tx *tx, struct signer *signer, const char *key_name,
			struct issuance *issuance, struct certificate *ret, struct error *err);
