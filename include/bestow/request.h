/* What a certificate is asked for: names, the key, and what the server said it wants. */
#pragma once

#include "bestow/certs.h"
#include "bestow/key.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What will stand in a certification request (RFC 2986). It belongs to one thread at a time, and
 * serves for as many calls and keys as one likes. */
struct bestow_request;

/* How the request is tied to the TLS session that carries it (RFC 7030 3.5, RFC 9266, RFC 7894). */
enum bestow_binding {
	BESTOW_BINDING_AUTO, /* as the server's csrattrs want it */
	BESTOW_BINDING_NONE,
	BESTOW_BINDING_CHALLENGE, /* in challengePassword, as RFC 7030 has it */
	BESTOW_BINDING_LINKING,   /* in estIdentityLinking (RFC 7894) */
};

/* Makes a request without names, bound as the server wants it. *ret is the caller's. Fails with
 * BESTOW_FAILED. */
bool bestow_request_new(struct bestow_request **ret, struct bestow_error *err);
/* Makes a request of a finished one, DER or PEM, that whoever has the key made: it is sent as it
 * is, so it is bound to no session, and adding to it by a function below fails with
 * BESTOW_MISUSED. The operations then take NULL for its key, and a certificate only if it is for
 * the CSR's. The octets are copied. *ret is the caller's. Fails with BESTOW_LOCAL when they are no
 * CSR, its signature is wrong or its key is none that servers take. */
bool bestow_request_of_csr(const void *data, size_t size, struct bestow_request **ret,
			   struct bestow_error *err);
/* Sets the subject, from a text such as "CN=dev-1,O=Acme" (RFC 4514's escapes; the attributes stay
 * in the order as written); "" for none. Fails with BESTOW_MISUSED when the text is no name. */
bool bestow_request_set_subject(struct bestow_request *request, const char *subject,
				struct bestow_error *err);
/* Adds a subjectAltName (RFC 5280 4.2.1.6); `type` is "dns", "ip", "email" or "uri". Fails with
 * BESTOW_MISUSED for another type, and for a value that the type does not allow. */
bool bestow_request_add_san(struct bestow_request *request, const char *type, const char *value,
			    struct bestow_error *err);
/* Takes subject and subjectAltName exactly as they stand in a certificate, as a renewal must have
 * them (RFC 7030 4.2.2). What the server's csrattrs fix is not added to them. Fails with
 * BESTOW_FAILED. */
bool bestow_request_set_names_of(struct bestow_request *request, const struct bestow_certs *certs,
				 size_t index, struct bestow_error *err);
/* Sets a text for challengePassword (RFC 2985 5.4.1): an enrollment code, copied and wiped in the
 * end. It keeps the binding out of that attribute. Fails with BESTOW_FAILED. */
bool bestow_request_set_challenge(struct bestow_request *request, const char *text,
				  struct bestow_error *err);
/* Has a key that the server makes encrypted beside what TLS does (RFC 7030 4.4.1.2): the request
 * names the key of this certificate by its subjectKeyIdentifier, or by its SHA-1 (RFC
 * 5280 4.2.1.2). Servers know the key of the TLS certificate. The certificate is copied; `key` is
 * its private key, RSA or EC, borrowed, and must live as long as the request. A token's key is
 * tried at once on a message that is made here. Fails with BESTOW_LOCAL when the two do not belong
 * together or the token does not decrypt, and with BESTOW_MISUSED for an Ed25519 key. */
bool bestow_request_set_decrypt_key(struct bestow_request *request,
				    const struct bestow_certs *certs, size_t index,
				    const struct bestow_key *key, struct bestow_error *err);
/* Sets how the request is bound; BESTOW_BINDING_AUTO unless one says otherwise. */
void bestow_request_set_binding(struct bestow_request *request, enum bestow_binding binding);
/* Writes the request as DER for this key (NULL for a finished one), unbound, which signs it: for
 * carrying it by another way than EST. *ret_der is the caller's, who frees it by free(). Fails with
 * BESTOW_MISUSED for names that cannot be encoded, and with BESTOW_FAILED when the key does not
 * sign. */
bool bestow_request_encode(const struct bestow_request *request, const struct bestow_key *key,
			   unsigned char **ret_der, size_t *ret_size, struct bestow_error *err);
/* Frees the request; NULL is fine. */
void bestow_request_free(struct bestow_request *request);

#ifdef __cplusplus
}
#endif
