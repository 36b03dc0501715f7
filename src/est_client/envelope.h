/* A private key that a server made for us and encrypted beside what TLS does (RFC 7030 4.4.2): in
 * an EnvelopedData a SignedData by whoever made the key, and in it an AsymmetricKeyPackage. */
#pragma once

#include "pki/bundle.h"
#include "pki/key.h"

struct envelope_expectation {
	const struct cert *recipient; /* whose key the request named */
	const struct private_key *key;
	const struct bundle *cacerts; /* the signer is one of these, or leads to an anchor */
	const struct bundle *anchors;
	int64_t now;
};

/* *ret is the caller's. REASON_SERVER_ANSWER. */
MUST_CHECK bool envelope_open(struct bytes message, const struct envelope_expectation *expected,
			      struct private_key **ret, struct error *err);
/* The same for what was inside the envelope. */
MUST_CHECK bool envelope_read(struct bytes content, const struct envelope_expectation *expected,
			      struct private_key **ret, struct error *err);
