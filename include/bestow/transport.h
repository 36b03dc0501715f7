/* How the library reaches a server. libcurl does it unless an embedder brings another way. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bestow/error.h"
#include "bestow/key.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The values that tie a request to a TLS session, as base64 text; "" where the session has none:
 * TLS 1.3 has no tls-unique (RFC 9266), and a transport may not be able to tell. */
struct bestow_session_binding {
	char tls_unique[64];
	char tls_exporter[64];
};

/* -- what TLS needs -- */

/* What TLS needs, by way of functions: opaque, borrowed for the call in the thread that made it. */
struct bestow_tls;

/* The DER of a certificate that the client presents (RFC 7030 3.3.2), the leaf at index 0, and its
 * octets in *ret_size; borrowed. NULL past the end. */
const unsigned char *bestow_tls_certificate(const struct bestow_tls *tls, size_t index,
					    size_t *ret_size);
/* The key to that certificate; borrowed. NULL when the client presents none. */
const struct bestow_key *bestow_tls_key(const struct bestow_tls *tls);
/* Judges the server's certificates, `count` DERs, leaf first, by the client's own rules (RFC 7030
 * 3.6). True if the server is whom the client wants to talk to. Fails with BESTOW_UNTRUSTED. */
bool bestow_tls_check_server(const struct bestow_tls *tls, const unsigned char *const *ders,
			     const size_t *sizes, size_t count, struct bestow_error *err);
/* True when the system's trust store counts too, which the library does not read: the transport
 * then verifies chain and host name by itself, and either judgement suffices. */
bool bestow_tls_wants_system(const struct bestow_tls *tls);

/* -- an exchange -- */

/* What is sent: borrowed for the exchange. */
struct bestow_http_request {
	const char *method; /* "GET" or "POST" */
	const char *url;
	const char *content_type; /* NULL: there is no body */
	const char *user,
		*passphrase; /* NULL: none. For Basic and Digest, and only when asked for */
	size_t body_size;
	/* Writes exactly `body_size` bytes. Called once the connection stands, as its binding goes
	 * into the body; and again for each repetition (Digest, a connection that had gone away).
	 */
	bool (*write_body)(void *body, const struct bestow_session_binding *binding,
			   unsigned char *into);
	void *body;
	unsigned int timeout_ms;
	size_t answer_max;         /* octets of body; more is BESTOW_FAILED */
	const char *if_none_match; /* an entity tag that we have (RFC 9110 13.1.2); NULL: none */
	const char *via; /* the Via field of who asks for others (RFC 9110 7.6.3); NULL: none */
};

#define BESTOW_FIELD_MAX 1024

/* What came back. Fields that the answer did not have are "". */
struct bestow_http_answer {
	int status;
	char content_type[256];
	char retry_after[64];
	char date[64];
	char etag[128];                  /* cut off, it is none */
	char location[BESTOW_FIELD_MAX]; /* as it stands in the field */
	unsigned char *body;             /* from malloc(): the library frees it */
	size_t body_size;
};

/* A way to a server. Its functions are called in the thread that called the client. */
struct bestow_transport {
	/* One request and its answer, whatever the status; redirects are not followed. False when
	 * there is no whole answer. */
	bool (*exchange)(void *context, const struct bestow_tls *tls,
			 const struct bestow_http_request *request, struct bestow_http_answer *ret,
			 struct bestow_error *err);
	/* Ends kept connections: the next exchange is a new TLS session. May be NULL. */
	void (*hang_up)(void *context);
};

#ifdef __cplusplus
}
#endif
