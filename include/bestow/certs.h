/* Certificates as they came, in one list. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bestow/error.h"
#include "bestow/key.h"

#ifdef __cplusplus
extern "C" {
#endif

struct bestow_certs;

/* PEM (text around it is tolerated), DER, or PKCS#7 of either. */
bool bestow_certs_parse(const void *data, size_t size, struct bestow_certs **ret,
			struct bestow_error *err);
bool bestow_certs_open(const char *path, struct bestow_certs **ret, struct bestow_error *err);
/* PEM, one block per certificate, mode 0644: beside the target, synced, then renamed over it. */
bool bestow_certs_save(const struct bestow_certs *certs, const char *path,
		       struct bestow_error *err);
size_t bestow_certs_count(const struct bestow_certs *certs);
/* The DER of one; borrowed. */
const unsigned char *bestow_cert_der(const struct bestow_certs *certs, size_t index,
				     size_t *ret_size);
int64_t bestow_cert_not_before(const struct bestow_certs *certs, size_t index); /* Unix seconds */
int64_t bestow_cert_not_after(const struct bestow_certs *certs, size_t index);
/* "CN=dev-1, O=Acme", cut to `size`. */
void bestow_cert_subject(const struct bestow_certs *certs, size_t index, char *into, size_t size);
void bestow_cert_issuer(const struct bestow_certs *certs, size_t index, char *into, size_t size);
/* Lower-case hexadecimal, cut to `size`. */
void bestow_cert_serial(const struct bestow_certs *certs, size_t index, char *into, size_t size);
/* SHA-256 of the DER: 64 lower-case digits and a NUL. */
void bestow_cert_fingerprint(const struct bestow_certs *certs, size_t index, char into[65]);
/* True for a CA whose issuer is itself. */
bool bestow_cert_is_root(const struct bestow_certs *certs, size_t index);
bool bestow_cert_has_key(const struct bestow_certs *certs, size_t index,
			 const struct bestow_key *key);
void bestow_certs_free(struct bestow_certs *certs);

#ifdef __cplusplus
}
#endif
