/* Where a CA's relying parties are answered: the CA as requests name it, and its responder. */
#pragma once

#include "model/catalog.h"
#include "pki/ocsp_issuer.h"
#include "store/store_ocsp.h"

struct ocsp_desk {
	int64_t ca_id;
	struct ocsp_issuer issuer;
	struct cert *cert; /* the responder's */
	unsigned char key_hash[OCSP_KEY_HASH_LEN];
	char key_name[RESPONDER_KEY_NAME_MAX + 1];
};

/* Zero-initialised is empty. */
struct ocsp_desks {
	struct ocsp_desk *items;
	size_t count;
};
void ocsp_desks_done(struct ocsp_desks *desks);
/* From the store. REASON_NOT_FOUND: the CA has no responder, or one whose certificate is revoked;
 * REASON_CA_UNAVAILABLE: one that may not speak for it. */
MUST_CHECK bool ocsp_desks_add(struct ocsp_desks *desks, struct store *store, const struct ca *ca,
			       int64_t now, struct error *err);
/* NULL when there is none. */
const struct ocsp_desk *ocsp_desks_find(const struct ocsp_desks *desks, int64_t ca_id);
