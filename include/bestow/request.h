/* What a certificate is asked for: names, the key, and what the server said it wants. */
#pragma once

#include "bestow/certs.h"
#include "bestow/key.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bestow_request;

/* How the request is tied to the TLS session that carries it (RFC 7030 3.5, RFC 9266, RFC 7894). */
enum bestow_binding {
	BESTOW_BINDING_AUTO, /* as the server's csrattrs want it */
	BESTOW_BINDING_NONE,
	BESTOW_BINDING_CHALLENGE, /* in challengePassword, as RFC 7030 has it */
	BESTOW_BINDING_LINKING,   /* in estIdentityLinking (RFC 7894) */
};

bool bestow_request_new(struct bestow_request **ret, struct bestow_error *err);
/* "CN=dev-1,O=Acme", most significant last or first as written; "" for none. */
bool bestow_request_set_subject(struct bestow_request *request, const char *subject,
				struct bestow_error *err);
/* `type` is "dns", "ip", "email" or "uri". */
bool bestow_request_add_san(struct bestow_request *request, const char *type, const char *value,
			    struct bestow_error *err);
/* Subject and subjectAltName exactly as they stand in a certificate, as a renewal must have them.
 */
bool bestow_request_set_names_of(struct bestow_request *request, const struct bestow_certs *certs,
				 size_t index, struct bestow_error *err);
/* A text for challengePassword: an enrolment code. It keeps the binding out of that attribute. */
bool bestow_request_set_challenge(struct bestow_request *request, const char *text,
				  struct bestow_error *err);
void bestow_request_set_binding(struct bestow_request *request, enum bestow_binding binding);
/* The request as DER for this key, unbound; the caller frees *ret_der by free(). */
bool bestow_request_encode(const struct bestow_request *request, const struct bestow_key *key,
			   unsigned char **ret_der, size_t *ret_size, struct bestow_error *err);
void bestow_request_free(struct bestow_request *request);

#ifdef __cplusplus
}
#endif
