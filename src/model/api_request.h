/* What the admin process passes on from the REST API: a request, and the proof of who makes it. The
 * authority judges the proof; the admin process only carries it. */
#pragma once

#include "base/address.h"
#include "base/bytes.h"
#include "base/error.h"

enum credential_kind {
	CREDENTIAL_NONE,    /* to sign in with */
	CREDENTIAL_SESSION, /* a browser's cookie */
	CREDENTIAL_TOKEN,   /* a program's "Authorization: Bearer" */
	CREDENTIAL_COUNT,
};

#define CREDENTIAL_MAX 128
#define IDEMPOTENCY_KEY_MAX 128
#define CLIENT_CERTIFICATE_MAX 32768 /* as the listener takes of a whole chain */

/* Views are borrowed. */
struct api_request {
	enum credential_kind kind;
	struct bytes credential; /* a secret */
	struct address peer;
	struct bytes idempotency_key; /* empty: none */
	struct bytes certificate;     /* the TLS client's, DER, for sessions; empty: none */
	bool is_background;   /* a page asks by itself: that keeps no session from growing idle */
	struct bytes request; /* JSON, as manage_answer() takes it */
};

void api_request_pack(const struct api_request *request, struct buffer *to);
MUST_CHECK bool api_request_unpack(struct bytes message, struct api_request *ret,
				   struct error *err); /* REASON_PROTOCOL */
