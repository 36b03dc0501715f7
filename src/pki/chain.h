/* From a client's certificate up to a CA that the account trusts: signatures and rules of RFC 5280
 * 6, except what changes with time and store (expiry of the leaf, revocation), which the caller
 * judges. */
#pragma once

#include "pki/cert.h"

#define CHAIN_DEPTH_MAX 8 /* certificates between leaf and anchor, and sent by the client */

struct chain_request {
	const struct cert *leaf;
	const struct cert *const *sent; /* the rest of what the client sent, any order */
	size_t sent_count;
	const struct cert *const *anchors; /* trusted issuing CAs: an issuing CA alone suffices, it
					      need not be a root */
	size_t anchor_count;
	int64_t now; /* CA certificates must be valid at this time; the leaf is not judged by it */
};

/* Finds and verifies a path; *ret_anchor is the index of the anchor it ends in. An anchor with the
 * same name but another key is passed by. Every certificate above the leaf must be a CA (with path
 * length and name constraints kept); weak algorithms and keys anywhere below the anchor are
 * REASON_CLIENT_CERT_WEAK; no anchor, or one out of date: REASON_UNTRUSTED_ISSUER, but
 * REASON_CHAIN_INCOMPLETE when the client sent its leaf alone, the leaf is not self-issued and no
 * anchor bears its issuer's name. Other broken rules: REASON_CLIENT_CERT_INVALID. Work is bounded
 * whatever the client sent. */
MUST_CHECK bool chain_check(const struct chain_request *request, size_t *ret_anchor,
			    struct error *err);

/* digitalSignature where key usage is there; clientAuth (or anyExtendedKeyUsage, if `any_eku_ok`)
 * where extended key usage is there. REASON_CLIENT_CERT_USAGE. */
MUST_CHECK bool chain_check_client_usage(const struct cert *leaf, bool any_eku_ok,
					 struct error *err);
/* `cert` is a CA certificate fit to be an anchor at `now`: CA:TRUE, sound key, SHA-256 or better
 * unless self-issued, not expired. REASON_NOT_A_CA. */
MUST_CHECK bool chain_check_anchor(const struct cert *cert, int64_t now, struct error *err);
