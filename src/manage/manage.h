/* The operator's verbs: JSON in, JSON out; validate, store with the audit entry in one transaction,
 * tell the node. */
#pragma once

#include "base/bytes.h"
#include "ca/crl_issuer.h"
#include "ca/ocsp_responder.h"
#include "ra/ra.h"

struct manage {
	struct store *store;
	struct signer *signer;
	struct ra *ra;
	struct crl_issuer *crls;
	struct ocsp_responder *ocsp;
	const struct clock *clock;
	struct bytes pepper;     /* for passphrase verifiers */
	struct bytes key_secret; /* encrypts the node's TLS key */
	const char *va_url;      /* "http://host" for CRLs and OCSP; NULL: nobody told */
	const char *est_url;     /* "https://host:8443", for telling EST URLs; configured or guessed
				    from the first listener */
	void (*changed)(void *context); /* the configuration changed: reload and push */
	void *context;
};

/* `request` is {"verb": "profile.create", "account": "acme", "params": {...}}. The reply is
 * {"result": ...} or {"error": {"code", "words", "detail", "remedy"}}. `actor` comes from the
 * socket's peer credentials. Thread-safe. */
void manage_answer(const struct manage *manage, const char *actor, struct bytes request,
		   struct buffer *reply);
