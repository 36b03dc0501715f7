/* A device's request on its way to the upstream and the answer on its way back. */
#pragma once

#include "model/est_service.h"
#include "pki/csr.h"
#include "upstream/known.h"

/* Sends it; the answer is as it came. */
MUST_CHECK bool relay_send(struct remote *remote, const struct est_request *request,
			   const struct csr *csr, struct exchange_answer *ret, struct error *err);
/* It may go on only if it is a certificate for the request's key, or for the key that came with it,
 * from a CA of `cacerts`. */
MUST_CHECK bool relay_take(const struct exchange_answer *answer, const struct est_request *request,
			   const struct csr *csr, const struct bundle *cacerts,
			   struct est_reply *ret, struct error *err);
