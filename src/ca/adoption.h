/* A certificate that one of our CAs has signed and that the store does not know is entered in it:
 * the store is a restored backup, or the CA issued it elsewhere before it was imported. */
#pragma once

#include "model/catalog.h"
#include "store/store.h"

struct adoption {
	const struct cert *cert;
	const struct catalog *catalog;
	const struct profile *profile; /* that it counts as issued by, and renews at */
	const char *by;                /* who says so */
	int64_t now;
};
/* Everything is verified anew. *ret is the record, certificate_done() the caller's; *ret_new is
 * false where the store knew it. REASON_INVALID for what no CA of the profile's account has signed,
 * for a CA's certificate, and where certificate and profile are not both an RA's. */
MUST_CHECK bool ca_adopt(struct store_tx *tx, const struct adoption *adoption,
			 struct certificate *ret, bool *ret_new, struct error *err);
