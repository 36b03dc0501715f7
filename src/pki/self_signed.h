/* A TLS server's certificate that nobody vouches for but its own key: what a node shows before it
 * has another, to be known by its fingerprint. */
#pragma once

#include "pki/key.h"
#include "pki/name.h"
#include "pki/san.h"

struct self_signed {
	const struct name *subject;
	const struct san *san;
	int64_t not_before, not_after;
};

/* Appends the certificate's DER. It is no CA's: keyUsage digitalSignature, extKeyUsage serverAuth.
 */
MUST_CHECK bool self_signed_make(const struct self_signed *content, const struct private_key *key,
				 struct buffer *ret, struct error *err);
