/* Requests that an operator decides on. The decision is about one key, one identity and one
 * content; policy judges every poll anew, so what is no longer allowed is refused although it was
 * approved. */
#pragma once

#include "base/hash.h"
#include "ra/enrollment.h"

/* What waits, or has been decided, of this very content: ret->id is 0 when nothing. For a preview:
 * nothing is written. */
MUST_CHECK bool approval_look(const struct enrollment *enrollment, struct store_tx *tx,
			      const unsigned char identity[HASH_LEN],
			      const struct ca_preview *preview, struct held_request *ret,
			      struct error *err);
/* For a request that policy has allowed: true when its certificate may be made now. Else it is held
 * (REASON_PENDING_APPROVAL with the delay), was rejected (REASON_REQUEST_REJECTED), or there are
 * too many (REASON_QUOTA). */
MUST_CHECK bool approval_admits(struct enrollment *enrollment,
				const unsigned char identity[HASH_LEN], struct error *err);
/* False with what the client of a rejected one reads. */
MUST_CHECK bool approval_rejected(const struct held_request *held, struct error *err);
/* An approval is for one certificate: ends it in the transaction that records this one. */
MUST_CHECK bool approval_close(struct enrollment *enrollment, struct store_tx *tx,
			       const struct certificate *certificate, struct error *err);
