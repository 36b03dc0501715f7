/* The operator's verbs: JSON in, JSON out; validate, store with the audit entry in one transaction,
 * tell the node. */
#pragma once

#include "base/bytes.h"
#include "ca/crl_issuer.h"
#include "ca/ocsp_responder.h"
#include "model/api_request.h"
#include "ra/ra.h"

struct sign_in;
struct repeats;

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
	const char *console_url; /* "https://host:9443", for links; NULL: there is no console */
	bool has_certificate_file; /* [est] certificate serves, and none of the store's */
	struct sign_in *sign_in;   /* judges administrators' passwords; NULL: nobody signs in */
	struct repeats *repeats;   /* answers that may be asked for again; NULL: none are kept */
	void (*changed)(void *context); /* the configuration changed: reload and push */
	void *context;
};

/* `request` is {"verb": "profile.create", "account": "acme", "params": {...}}. The reply is
 * {"result": ...} or {"error": {"code", "words", "detail", "remedy", "retry_after"}}. `actor` comes
 * from the socket's peer credentials. Thread-safe. */
void manage_answer(const struct manage *manage, const char *actor, struct bytes request,
		   struct buffer *reply);
/* The same for one who comes by the REST API, as far as the credential reaches. */
void manage_answer_api(const struct manage *manage, const struct api_request *request,
		       struct buffer *reply);
/* Whether the request is for a verb that may sign with a CA's key, and so wait for a slow token. */
bool manage_may_block(struct bytes request);
