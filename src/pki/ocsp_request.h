/* What relying parties ask of an OCSP responder (RFC 6960 4.1, nonce by RFC 9654). */
#pragma once

#include "base/bytes.h"
#include "base/error.h"

#define OCSP_REQUEST_MAX 16384 /* octets; a question takes about a hundred */
#define OCSP_QUESTIONS_MAX 32  /* in one request; a path has ten certificates */
#define OCSP_NONCE_MAX 128     /* RFC 9654 2.1 */
#define OCSP_SERIAL_MAX 64     /* longer than any certificate's */

enum ocsp_hash { OCSP_SHA1, OCSP_SHA256, OCSP_HASH_COUNT /* another one */ };
#define OCSP_HASH_MAX 32
size_t ocsp_hash_len(enum ocsp_hash hash);

/* A certificate by its issuer's hashes and its serial number. */
struct ocsp_cert_id {
	struct bytes der; /* whole, as asked: the answer repeats it */
	enum ocsp_hash hash;
	struct bytes issuer_name_hash, issuer_key_hash;
	struct bytes serial; /* contents octets */
};

/* A CertID alone, which must be all of `der`. */
MUST_CHECK bool ocsp_cert_id_parse(struct bytes der, struct ocsp_cert_id *ret);

/* Views into the parsed bytes. */
struct ocsp_request {
	struct ocsp_cert_id questions[OCSP_QUESTIONS_MAX];
	size_t count;       /* at least 1 */
	struct bytes nonce; /* of length 0: none */
};

/* Parses one DER OCSPRequest; everything else is REASON_OCSP_MALFORMED: no questions or too many, a
 * nonce that is empty or longer than OCSP_NONCE_MAX, a critical extension that is not known. Who
 * asks and a signature over the request are read over: everybody may ask. */
MUST_CHECK bool ocsp_request_parse(struct bytes der, struct ocsp_request *ret, struct error *err);
