/* One API request in hand, within api/. */
#pragma once

#include "api/api.h"
#include "api/feeds.h"
#include "api/route.h"
#include "base/secret.h"

#define API_PREFIX "/api/v1"
#define SESSION_COOKIE "__Host-bestow"

struct api {
	struct api_asker asker;
	struct feeds feeds;
};

/* Who asks: views into the request. */
struct api_credential {
	enum credential_kind kind;
	struct bytes text;
	struct address peer;
	struct bytes idempotency_key; /* empty: none */
	struct bytes certificate;     /* the TLS client's, of sessions; empty: none */
	bool is_background;           /* a page asks by itself, and nobody need sit before it */
};

struct api_call {
	struct api *api;
	struct http_exchange *http;
	struct route_match match;
	struct api_credential credential; /* until the exchange is answered */
	bool has_if_match;
};

/* -- api_credential.c: -- */
/* A token wins over a cookie. REASON_BAD_CREDENTIALS for one that cannot be read. */
MUST_CHECK bool credential_read(const struct http_exchange *exchange, struct api_credential *ret,
				struct error *err);
/* That a change by a session was made by our own page: REASON_FORGED. */
MUST_CHECK bool forgery_check(const struct http_exchange *exchange,
			      const struct api_credential *credential, struct error *err);
/* The cookie that carries `token`; NULL ends it. Returns `into`. */
#define COOKIE_TEXT_MAX 256
const char *cookie_write(const char *token, char into[COOKIE_TEXT_MAX]);

/* -- api_reply.c: -- */
unsigned int api_reply_status(enum reason reason);
void api_reply_problem(struct http_exchange *exchange, const struct error *why);
/* What the call led to. */
void api_reply_result(const struct api_call *call, json_t *result);
void api_reply_refusal(const struct api_call *call, const struct error *why);
/* The member "error" of the authority's answer, back as what it was. */
void error_from_json(const json_t *error, struct error *ret);

/* -- request.c: -- */
/* {"verb", "account", "params"} of a request; a new reference. */
json_t *request_make(const char *verb, const json_t *captured, json_t *params);
/* Packs, asks, and wipes. False when memory is out; then nothing is called. */
MUST_CHECK bool request_send(const struct api *api, const struct api_credential *credential,
			     const json_t *request,
			     void (*done)(void *call, struct bytes reply, const struct error *err),
			     void *context);

/* The answer's JSON, or the refusal: either the transport's or the authority's own. */
MUST_CHECK bool api_reply_read(struct bytes reply, const struct error *failure, json_t **ret_result,
			       struct error *err);

/* A credential that outlives its request -- */
struct kept_credential {
	struct api_credential credential; /* points into what follows */
	struct secret secret;
	struct buffer certificate;
};
MUST_CHECK bool kept_credential_init(const struct api_credential *credential,
				     struct kept_credential *ret, struct error *err);
void kept_credential_done(struct kept_credential *kept);

/* -- pages.c, stream.c: answers that go on -- */
/* Whether the client wants the whole list, and in which form. */
bool pages_wanted(const struct api_call *call);
/* Consumes the exchange. */
void pages_serve(struct api_call *call, json_t *params);
bool stream_wanted(const struct http_exchange *exchange);
void stream_serve(struct api *api, struct http_exchange *exchange,
		  const struct api_credential *credential);
