/* A client of one EST service (RFC 7030, 8951). */
#pragma once

#include "bestow/request.h"
#include "bestow/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bestow_client;

/* `url` is the service without an operation: "https://HOST[:PORT]/.well-known/est[/LABEL]". */
bool bestow_client_new(const char *url, struct bestow_client **ret, struct bestow_error *err);
void bestow_client_free(struct bestow_client *client);

/* -- whom the client believes (RFC 7030 3.6); without any of these it asks nobody -- */

/* Explicit trust anchors, added to those that are there. The server is then good by host name or by
 * id-kp-cmcRA. */
bool bestow_client_trust(struct bestow_client *client, const struct bestow_certs *anchors,
			 struct bestow_error *err);
/* The system's trust store, by host name only. */
void bestow_client_trust_system(struct bestow_client *client);
/* The SHA-256 of a CA certificate, known by another way. bestow_cacerts() then begins on a session
 * that proves nothing, sends no credential, takes what bears this fingerprint for the anchor, and
 * asks a second time on a session that this anchor vouches for (RFC 7030 4.1.1). */
bool bestow_client_trust_fingerprint(struct bestow_client *client, const char *sha256,
				     struct bestow_error *err);

/* -- who the client is -- */

/* For HTTP Basic or Digest, after the server has asked and proven itself. Both are copied. */
bool bestow_client_set_passphrase(struct bestow_client *client, const char *user,
				  const char *passphrase, struct bestow_error *err);
/* The TLS certificate (index 0 or wherever the key's is; the rest are sent along) and its key,
 * which must live as long as the client. */
bool bestow_client_set_certificate(struct bestow_client *client, const struct bestow_certs *certs,
				   const struct bestow_key *key, struct bestow_error *err);

/* -- how -- */

/* For everything that one call does on the network; 60 by default, at most 3600. */
void bestow_client_set_timeout(struct bestow_client *client, unsigned int seconds);
/* How long enroll may wait for a server that answers 202; 0, the default, does not wait at all but
 * fails with BESTOW_PENDING. */
void bestow_client_set_patience(struct bestow_client *client, unsigned int seconds);
/* A time below which no clock is believed, Unix seconds: certificates are judged by the later of
 * the two. */
void bestow_client_set_time_floor(struct bestow_client *client, int64_t seconds);
/* Instead of libcurl. The table and the context must live as long as the client. */
void bestow_client_set_transport(struct bestow_client *client,
				 const struct bestow_transport *transport, void *context);

/* What the server's last answer said its clock says, Unix seconds; 0 when it did not. Nothing is
 * judged by it. */
int64_t bestow_client_server_time(const struct bestow_client *client);

/* -- the operations. Each *ret is the caller's -- */

/* The CA certificates. They are what enrollment answers are then held against. */
bool bestow_cacerts(struct bestow_client *client, struct bestow_certs **ret,
		    struct bestow_error *err);
/* The same from a server that proved nothing: to show their fingerprints to a person, and for
 * nothing else (RFC 7030 4.1.1). The client does not come to trust them. */
bool bestow_cacerts_unproven(struct bestow_client *client, struct bestow_certs **ret,
			     struct bestow_error *err);
/* What the server wants in a request, in either form (RFC 8951, RFC 9908); *ret may be NULL on
 * success: it said nothing. */
struct bestow_attributes;
bool bestow_csrattrs(struct bestow_client *client, struct bestow_attributes **ret,
		     struct bestow_error *err);
void bestow_attributes_free(struct bestow_attributes *attributes);
/* "p256", "rsa3072" …; NULL when any key is welcome. */
const char *bestow_attributes_key_type(const struct bestow_attributes *attributes);
/* One line of words about them, for people. */
void bestow_attributes_text(const struct bestow_attributes *attributes, char *into, size_t size);
/* Lets the request follow them: the binding, names and extensions that the server fixes. */
bool bestow_request_apply(struct bestow_request *request,
			  const struct bestow_attributes *attributes, struct bestow_error *err);
/* A first certificate. The answer is accepted only if a certificate in it is for this key, is no
 * CA's, is valid, bears the name that was asked for, and leads to the CA certificates; it comes
 * first in *ret, the CA certificates of its chain behind it. */
bool bestow_enroll(struct bestow_client *client, const struct bestow_request *request,
		   const struct bestow_key *key, struct bestow_certs **ret,
		   struct bestow_error *err);
/* The next one, with the same names; the certificate that is renewed is the client's. */
bool bestow_reenroll(struct bestow_client *client, const struct bestow_request *request,
		     const struct bestow_key *key, struct bestow_certs **ret,
		     struct bestow_error *err);

/* A certificate and the key to it, both made by the server, which sends the key as it is: TLS alone
 * protects it. `key` signs the request, and is not the certificate's. */
bool bestow_serverkeygen(struct bestow_client *client, const struct bestow_request *request,
			 const struct bestow_key *key, struct bestow_certs **ret,
			 struct bestow_key **ret_key, struct bestow_error *err);

#ifdef __cplusplus
}
#endif
