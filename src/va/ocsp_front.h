/* OCSP over HTTP (RFC 6960 appendix A, RFC 5019): answers from what is kept ready, and asks the
 * authority for the rest. */
#pragma once

#include "va/va.h"

struct ocsp_front;
MUST_CHECK bool ocsp_front_new(const struct va_options *options, struct ocsp_front **ret,
			       struct error *err);
/* After everything asked is answered. */
void ocsp_front_free(struct ocsp_front *front);
DEFINE_CLEANUP(struct ocsp_front *, ocsp_front_free)

/* Whether the path is OCSP's. */
bool ocsp_front_is_meant(const char *path);
/* Answers the exchange, now or later. */
void ocsp_front_handle(struct ocsp_front *front, struct http_exchange *exchange);
