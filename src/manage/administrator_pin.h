/* The TLS certificate that an administrator must sign in with, beside password and link, once one
 * is registered. The browser's possession of the key is proven by the handshake; nothing of a chain
 * is judged, as the certificate itself, or its key, is what was registered. */
#pragma once

#include "manage/change.h"
#include "model/access.h"

/* False with REASON_BAD_SIGN_IN, the words of every refused sign-in; what was wrong with the
 * certificate stands in the audit log. No transaction may be open. */
MUST_CHECK bool pin_check(const struct call *call, const struct administrator *administrator,
			  struct error *err);
/* What a session began with, each of its requests shows: REASON_SESSION_CERTIFICATE. */
MUST_CHECK bool pin_shown(const struct certificate_pin *pin, struct bytes certificate, int64_t now,
			  struct error *err);
bool pin_equal(const struct certificate_pin *a, const struct certificate_pin *b);

/* Reads params.certificate and params.key, and registers; without a certificate, where `may_end`,
 * what is registered ends. */
MUST_CHECK bool pin_register(const struct call *call, struct change *change,
			     const struct administrator *administrator, bool may_end,
			     struct error *err);
/* {of, sha256}, or JSON null. */
json_t *pin_describe(const struct certificate_pin *pin);
