/* Writes OCSPResponse (RFC 6960 4.2): one basic response for one or several certificates. */
#pragma once

#include "pki/key.h"

/* Answers that are not signed. */
#define OCSP_SUCCESSFUL 0
enum ocsp_error {
	OCSP_MALFORMED_REQUEST = 1,
	OCSP_INTERNAL_ERROR = 2,
	OCSP_TRY_LATER = 3,
	OCSP_UNAUTHORIZED = 6, /* RFC 5019 2.2.3: also, nothing is known of that issuer */
};
void ocsp_error_encode(enum ocsp_error error, struct buffer *to);

enum ocsp_status { OCSP_GOOD, OCSP_REVOKED, OCSP_UNKNOWN };
#define OCSP_REASON_UNSPECIFIED 0

/* What is said of one certificate. Views are borrowed. */
struct ocsp_single {
	struct bytes cert_id; /* DER, as it was asked */
	enum ocsp_status status;
	int64_t revoked_at; /* of OCSP_REVOKED */
	int reason;         /* of RFC 5280 5.3.1; OCSP_REASON_UNSPECIFIED is left out */
	int64_t this_update, next_update;
};

struct ocsp_head {
	struct bytes responder_key_hash; /* SHA-1 of the key, as in a CertID */
	int64_t produced_at;
	struct bytes nonce; /* of length 0: none */
	/* RFC 6960 2.2: some that is called revoked was never issued */
	bool extends_revoked;
};

/* Appends one; *to tells at its end whether memory was enough. */
void ocsp_single_encode(const struct ocsp_single *single, struct buffer *to);
/* Appends the ResponseData over answers that were written so. */
MUST_CHECK bool ocsp_tbs_encode(const struct ocsp_head *head, struct bytes singles,
				struct buffer *ret, struct error *err);

/* A ResponseData with its signature, and the certificate of who signed it. */
struct ocsp_signed {
	struct bytes tbs;
	enum signature_algorithm algorithm;
	struct bytes signature;
	struct bytes certificate; /* DER */
};
/* Appends the OCSPResponse. */
MUST_CHECK bool ocsp_response_encode(const struct ocsp_signed *response, struct buffer *ret,
				     struct error *err);
