/* Judges a to-be-signed certificate against RFC 5280 before the CA's key is used. */
#pragma once

#include "pki/cert.h"

/* `known` is a key that was judged before, whose judgement holds if the certificate carries it;
 * NULL: none. `issuer` is NULL for a self-signed certificate. REASON_LINT_FAILED, the detail naming
 * rule and RFC section. Rules: version 3; serial positive and at most 20 octets; signature
 * algorithm equal to the issuer key's; issuer name bytes equal to the issuer's subject; validity
 * forward, inside the issuer's, times in the right form; subject legal, empty only with a critical
 * SAN; key sound; no extension twice; AKI equal to the issuer's SKI; SKI there for CAs; KU there
 * and fitting the key and cA; cA only with keyCertSign; path length kept; EKU not empty; SAN not
 * empty; DER canonical; and of what the certificate says: nothing that we never issue; purposes
 * that agree with the key usage; e-mail addresses of the subject in the SAN too; policies and
 * places to fetch from as RFC 5280 has them. */
MUST_CHECK bool lint_tbs(struct bytes tbs, const struct cert *issuer,
			 const struct public_key *known, struct error *err);
