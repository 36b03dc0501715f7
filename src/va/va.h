/* The validation authority: what relying parties ask by plain HTTP. CRLs and CA certificates lie
 * ready in memory that the authority has sealed. */
#pragma once

#include "http/http.h"
#include "model/publication.h"

struct va;
MUST_CHECK bool va_new(struct va **ret, struct error *err);
/* After the http server whose answers may still lie in it. */
void va_free(struct va *va);
DEFINE_CLEANUP(struct va *, va_free)

/* One publication as it comes from the authority: see publication_pack(). `message` is used where
 * it lies until release(message) is called, which happens exactly once, also when this refuses. */
MUST_CHECK bool va_take(struct va *va, struct bytes message, void (*release)(struct bytes message),
			struct error *err);
/* Answers the exchange. */
void va_handle(struct va *va, struct http_exchange *exchange);
