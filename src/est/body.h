/* Bodies as they travel (RFC 8951 section 3): base64 of DER, whatever the headers call it. */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

/* A certification request's DER. Strict takes base64 only; otherwise PEM armour (one object) and
 * raw DER are taken too. `form_encoded` undoes what curl's default media type does to '+'.
 * REASON_CSR_BAD_ENCODING. */
struct body_options {
	bool strict;
	bool form_encoded;
};
MUST_CHECK bool body_decode_csr(struct bytes body, const struct body_options *options,
				struct buffer *ret, struct error *err);
