/* Whom a client believes (RFC 7030 3.6), judged by our own chain rules. */
#pragma once

#include "pki/bundle.h"

struct trust {
	struct bundle anchors; /* the explicit trust anchors */
	bool system;           /* and the implicit ones, which TLS looks at */
	bool pinned;           /* a CA known by its fingerprint, until it is among the anchors */
	unsigned char pin[CERT_FINGERPRINT_LEN];
};

MUST_CHECK bool trust_add(struct trust *trust, const struct cert *anchor, struct error *err);
void trust_done(struct trust *trust);

/* The server's certificates, leaf first. */
struct server_chain {
	const struct cert *const *certs;
	size_t count;
};

/* The chain ends in an explicit anchor, the leaf is in time and fit for a server, and bears the
 * host's name or id-kp-cmcRA (RFC 7030 3.6.1). REASON_SERVER_UNTRUSTED. */
MUST_CHECK bool trust_check_server(const struct trust *trust, const char *host,
				   const struct server_chain *chain, int64_t now,
				   struct error *err);
/* RFC 9525: a dNSName, whose first label may be "*", or an iPAddress. */
bool trust_host_matches(const struct cert *leaf, const char *host);

/* Of the CA certificates that a server gave: those which may be anchors at `now`, that is the roots
 * and, where there is none, whatever stands at the top. REASON_SERVER_ANSWER when nothing remains.
 */
MUST_CHECK bool trust_pick_anchors(const struct bundle *cacerts, int64_t now, struct bundle *ret,
				   struct error *err);
