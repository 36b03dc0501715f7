/* A client of one EST service (RFC 7030, 8951). */
#pragma once

#include "bestow/request.h"
#include "bestow/transport.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One service, whom the client believes, who it is, and what it keeps of its connections. It
 * belongs to one thread at a time; a program may have as many as it likes. */
struct bestow_client;

/* Makes a client. `url` is the service without an operation:
 * "https://HOST[:PORT]/.well-known/est[/LABEL]" (RFC 7030 3.2.2). Nothing is sent yet. *ret is the
 * caller's. Fails with BESTOW_MISUSED for any other URL. */
bool bestow_client_new(const char *url, struct bestow_client **ret, struct bestow_error *err);
/* Ends its connections, wipes its passphrase and frees it; NULL is fine. */
void bestow_client_free(struct bestow_client *client);

/* -- whom the client believes (RFC 7030 3.6); without any of these it asks nobody -- */

/* Adds explicit trust anchors (RFC 7030 3.6.1), copied, to those that are there. The server is then
 * good by host name or by id-kp-cmcRA. Fails with BESTOW_LOCAL when there are too many. */
bool bestow_client_trust(struct bestow_client *client, const struct bestow_certs *anchors,
			 struct bestow_error *err);
/* Believes the system's trust store, by host name only (RFC 7030 3.6.2). */
void bestow_client_trust_system(struct bestow_client *client);
/* Sets the SHA-256 of a CA certificate, known by another way: 64 hexadecimal digits, with colons or
 * without. bestow_cacerts() then begins on a session that proves nothing, sends no credential,
 * takes what bears this fingerprint for the anchor, and asks a second time on a session that this
 * anchor vouches for (RFC 7030 4.1.1). Fails with BESTOW_MISUSED for anything but a SHA-256. */
bool bestow_client_trust_fingerprint(struct bestow_client *client, const char *sha256,
				     struct bestow_error *err);

/* -- who the client is -- */

/* Sets user and passphrase for HTTP Basic or Digest (RFC 7030 3.2.3), sent only after the server
 * has asked and proven itself. Both are copied. Fails with BESTOW_FAILED. */
bool bestow_client_set_passphrase(struct bestow_client *client, const char *user,
				  const char *passphrase, struct bestow_error *err);
/* Sets the TLS certificate (RFC 7030 3.3.2): that of `certs` which is the key's; the rest are sent
 * along. The certificates are copied; the key is borrowed and must live as long as the client.
 * Fails with BESTOW_LOCAL when none of them is the key's. */
bool bestow_client_set_certificate(struct bestow_client *client, const struct bestow_certs *certs,
				   const struct bestow_key *key, struct bestow_error *err);

/* -- how -- */

/* Seconds for everything that one call does on the network; 60 by default and for 0, at most
 * 3600. */
void bestow_client_set_timeout(struct bestow_client *client, unsigned int seconds);
/* Seconds for which an enrollment may wait for a server that answers 202 (RFC 7030 4.2.3), sleeping
 * as long as the server says in between; 0, the default, does not wait at all but fails with
 * BESTOW_PENDING. */
void bestow_client_set_patience(struct bestow_client *client, unsigned int seconds);
/* A time below which no clock is believed, Unix seconds: certificates are judged by the later of
 * the two. */
void bestow_client_set_time_floor(struct bestow_client *client, int64_t seconds);
/* Reaches the server by this instead of libcurl. The table and the context are borrowed and must
 * live as long as the client. */
void bestow_client_set_transport(struct bestow_client *client,
				 const struct bestow_transport *transport, void *context);
/* What the server's last answer said its clock says, Unix seconds; 0 when it did not. Nothing is
 * judged by it. */
int64_t bestow_client_server_time(const struct bestow_client *client);

/* -- the operations. Each can fail, besides as it says, with BESTOW_MISUSED when nothing says whom
 * to believe, BESTOW_UNTRUSTED, BESTOW_UNREACHABLE, BESTOW_NOT_FOUND, BESTOW_UNAUTHENTICATED,
 * BESTOW_REFUSED, BESTOW_LOCAL when the key or the token fails, and BESTOW_FAILED for an answer
 * that is none -- */

/* Fetches the CA certificates (RFC 7030 4.1). They are what enrollment answers are then held
 * against, and their roots are trust anchors of the client from here on (4.1.3). *ret is the
 * caller's. Fails with BESTOW_UNTRUSTED when a fingerprint was set and none of them bears it. */
bool bestow_cacerts(struct bestow_client *client, struct bestow_certs **ret,
		    struct bestow_error *err);
/* The same from a server that proved nothing: to show their fingerprints to a person, and for
 * nothing else (RFC 7030 4.1.1). The client does not come to trust them. *ret is the caller's.
 * Fails with BESTOW_UNREACHABLE, BESTOW_NOT_FOUND or BESTOW_FAILED. */
bool bestow_cacerts_unproven(struct bestow_client *client, struct bestow_certs **ret,
			     struct bestow_error *err);
/* What the server wants in a request (RFC 7030 4.5). It belongs to one thread at a time. */
struct bestow_attributes;
/* Asks what the server wants in a request, in either form (RFC 8951 4, RFC 9908). *ret is the
 * caller's and may be NULL on success: the server said nothing. A failure, such as BESTOW_FAILED
 * for an answer that cannot be read, need not keep anybody from enrolling. */
bool bestow_csrattrs(struct bestow_client *client, struct bestow_attributes **ret,
		     struct bestow_error *err);
/* Frees them; NULL is fine. */
void bestow_attributes_free(struct bestow_attributes *attributes);
/* The kind of key that is wanted, as bestow_key_generate() takes it: a constant; NULL when any key
 * is welcome. `attributes` may be NULL. */
const char *bestow_attributes_key_type(const struct bestow_attributes *attributes);
/* Writes one line of words about them for people, cut to `size` octets with a NUL. `attributes` may
 * be NULL. */
void bestow_attributes_text(const struct bestow_attributes *attributes, char *into, size_t size);
/* Lets the request follow them: the binding, and the names and extensions that the server fixes.
 * What the request already says stays. `attributes` is borrowed for the call and may be NULL. Fails
 * with BESTOW_REFUSED for a name that cannot be read. */
bool bestow_request_apply(struct bestow_request *request,
			  const struct bestow_attributes *attributes, struct bestow_error *err);
/* Gets a first certificate (RFC 7030 4.2.1) for `key`, which signs the request; NULL for a request
 * of bestow_request_of_csr(). The CA certificates are fetched first unless bestow_cacerts() was
 * called. The answer is accepted only if a
 * certificate in it is for this key, is no CA's, is valid, bears the name that was asked for, and
 * leads to the CA certificates; it comes first in *ret, the CA certificates of its chain behind it.
 * *ret is the caller's. Fails with BESTOW_PENDING and err->retry_after when the server has not
 * decided: ask again, with the same key; and with BESTOW_FAILED for a certificate that does not
 * fit. */
bool bestow_enroll(struct bestow_client *client, const struct bestow_request *request,
		   const struct bestow_key *key, struct bestow_certs **ret,
		   struct bestow_error *err);
/* Gets the next one (RFC 7030 4.2.2), with the same names (bestow_request_set_names_of()); the
 * certificate that is renewed is the client's in TLS. *ret is the caller's. Fails as
 * bestow_enroll() does, and with BESTOW_FAILED for a certificate with another subject. */
bool bestow_reenroll(struct bestow_client *client, const struct bestow_request *request,
		     const struct bestow_key *key, struct bestow_certs **ret,
		     struct bestow_error *err);
/* Gets a certificate and the key to it, both made by the server (RFC 7030 4.4), which sends the key
 * as it is: TLS alone protects it. After bestow_request_set_decrypt_key() it must come in a CMS
 * envelope, signed by somebody whom the CA certificates vouch for, and nothing else is taken. `key`
 * signs the request, says by its kind what is wanted, and is not the certificate's. *ret and
 * *ret_key are the caller's. Fails as bestow_enroll() does, and with BESTOW_FAILED when key and
 * certificate do not belong together. */
bool bestow_serverkeygen(struct bestow_client *client, const struct bestow_request *request,
			 const struct bestow_key *key, struct bestow_certs **ret,
			 struct bestow_key **ret_key, struct bestow_error *err);

#ifdef __cplusplus
}
#endif
