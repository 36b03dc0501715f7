/* A client as the files of this folder share it, and one exchange with its server. */
#pragma once

#include "base/secret.h"
#include "bestow/client.h"
#include "est_client/client_certs.h"
#include "est_client/client_key.h"
#include "est_client/trust.h"
#include "est_client/url.h"

#define CLIENT_TIMEOUT_DEFAULT 60
#define CLIENT_TIMEOUT_MAX 3600
#define CLIENT_ANSWER_MAX 262144 /* octets of body: some two hundred certificates, base64 */

struct bestow_client {
	struct est_url url;
	struct trust trust;
	struct bundle issuers; /* the CA certificates, once an authenticated session told them */

	char *user;
	struct secret passphrase; /* with a NUL behind it */
	struct bundle chain;      /* the TLS certificate, leaf first */
	const struct bestow_key *key;

	unsigned int timeout_s, patience_s;
	int64_t time_floor;
	int64_t server_time; /* 0: not told */

	const struct bestow_transport *transport;
	void *transport_context;
	void *own_transport; /* libcurl's; NULL until it is needed */
	bool is_stale; /* who we are or whom we trust has changed: kept connections must end */
};

/* What a transport is told about TLS. */
struct bestow_tls {
	const struct bestow_client *client;
	const struct est_url *url;
	bool provisional; /* nothing is proven on this session (RFC 7030 4.1.1) */
};

int64_t client_now(const struct bestow_client *client);

/* -- one exchange -- */

struct exchange_body {
	const char *content_type; /* NULL: GET */
	size_t size;
	bool (*write)(void *context, const struct bestow_session_binding *binding,
		      unsigned char *into);
	void *context;
};

struct exchange_call {
	const char *operation;
	struct exchange_body body;
	bool provisional;     /* no credential is sent */
	const char *via;      /* NULL: we ask for ourselves */
	const char *etag;     /* of what is here already: 304 is an answer, too; NULL: nothing is */
	bool nothing_is_fine; /* 204 and 404 are answers: an empty body */
};

#define EXCHANGE_ETAG_MAX 128

struct exchange_answer {
	int status; /* also of an answer that was turned into an error; 0: there was none */
	char content_type[256];
	char etag[EXCHANGE_ETAG_MAX]; /* "" for none, and for one that nobody should repeat */
	bool is_known;                /* 304: it is as it was */
	struct buffer body;
};

static inline void exchange_answer_donep(struct exchange_answer *answer)
{
	buffer_wipe(&answer->body);
}

/* Sends it, follows redirects within the origin, and turns every status but 200 into an error. */
MUST_CHECK bool client_exchange(struct bestow_client *client, const struct exchange_call *call,
				struct exchange_answer *ret, struct error *err);
/* Fetches the CA certificates unless they are known. */
MUST_CHECK bool client_need_issuers(struct bestow_client *client, struct error *err);
