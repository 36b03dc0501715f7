/* Certificates as they came, in one list. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bestow/error.h"
#include "bestow/key.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A list of X.509 certificates (RFC 5280), at least one, in the order in which they stood. It
 * belongs to one thread at a time. An `index` below must be less than the count. */
struct bestow_certs;

/* -- whole lists -- */

/* Reads `size` octets of PEM (text around it is tolerated), DER, or PKCS#7 of either; the octets
 * are copied. *ret is the caller's. Fails with BESTOW_LOCAL when something in them is no
 * certificate or there are too many. */
bool bestow_certs_parse(const void *data, size_t size, struct bestow_certs **ret,
			struct bestow_error *err);
/* The same from a file. *ret is the caller's. Fails with BESTOW_LOCAL, and with BESTOW_REFUSED for
 * a file that is too long. */
bool bestow_certs_open(const char *path, struct bestow_certs **ret, struct bestow_error *err);
/* Writes PEM, one block per certificate, mode 0644: beside the target, synced, then renamed over
 * it, so that the file is the old one or the new one at any instant. Fails with BESTOW_LOCAL. */
bool bestow_certs_save(const struct bestow_certs *certs, const char *path,
		       struct bestow_error *err);
/* How many there are. */
size_t bestow_certs_count(const struct bestow_certs *certs);
/* Frees the list; NULL is fine. */
void bestow_certs_free(struct bestow_certs *certs);

/* -- one certificate -- */

/* The DER and, in *ret_size, its octets; borrowed from the list. */
const unsigned char *bestow_cert_der(const struct bestow_certs *certs, size_t index,
				     size_t *ret_size);
/* notBefore, in Unix seconds. */
int64_t bestow_cert_not_before(const struct bestow_certs *certs, size_t index);
/* notAfter, in Unix seconds: the last at which it is valid. */
int64_t bestow_cert_not_after(const struct bestow_certs *certs, size_t index);
/* Writes the subject as "CN=dev-1, O=Acme", cut to `size` octets with a NUL. */
void bestow_cert_subject(const struct bestow_certs *certs, size_t index, char *into, size_t size);
/* Writes the issuer in the same way. */
void bestow_cert_issuer(const struct bestow_certs *certs, size_t index, char *into, size_t size);
/* Writes the serial number in lower-case hexadecimal, cut to `size` octets with a NUL. */
void bestow_cert_serial(const struct bestow_certs *certs, size_t index, char *into, size_t size);
/* Writes the SHA-256 of the DER: 64 lower-case digits and a NUL. */
void bestow_cert_fingerprint(const struct bestow_certs *certs, size_t index, char into[65]);
/* True for a CA whose issuer is itself. */
bool bestow_cert_is_root(const struct bestow_certs *certs, size_t index);
/* True when the certificate is for this key. */
bool bestow_cert_has_key(const struct bestow_certs *certs, size_t index,
			 const struct bestow_key *key);

#ifdef __cplusplus
}
#endif
