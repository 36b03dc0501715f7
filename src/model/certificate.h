/* The record of a certificate that we issued. */
#pragma once

#include "model/operation.h"
#include "pki/cert.h"

enum certificate_state {
	CERTIFICATE_INTENT,
	CERTIFICATE_ISSUED,
	CERTIFICATE_REVOKED,
	CERTIFICATE_ABANDONED
};
enum certificate_purpose { PURPOSE_DEVICE, PURPOSE_RA, PURPOSE_SERVER, PURPOSE_CA, PURPOSE_OCSP };

/* RFC 5280 5.3.1; 7 is not used. */
enum revocation_reason {
	REVOKED_UNSPECIFIED = 0,
	REVOKED_KEY_COMPROMISE = 1,
	REVOKED_CA_COMPROMISE = 2,
	REVOKED_AFFILIATION_CHANGED = 3,
	REVOKED_SUPERSEDED = 4,
	REVOKED_CESSATION_OF_OPERATION = 5,
	REVOKED_CERTIFICATE_HOLD = 6,
	REVOKED_PRIVILEGE_WITHDRAWN = 9,
	REVOKED_AA_COMPROMISE = 10,
};
const char *
revocation_reason_text(enum revocation_reason reason); /* "keyCompromise"…; NULL for none of them */
/* -1 when unknown. */
int revocation_reason_by_text(const char *text);

struct certificate {
	int64_t id, account_id, ca_id;
	int64_t profile_id, profile_version; /* 0 where no profile issued it */
	enum certificate_state state;
	enum certificate_purpose purpose;
	unsigned char serial[CERT_SERIAL_MAX];
	size_t serial_len;
	char *subject;                             /* text */
	char *san;                                 /* text, "dns:a, ip:1.2.3.4"; "" when none */
	int64_t not_before, not_after, created;    /* seconds */
	unsigned char key_hash[KEY_HASH_LEN];      /* SHA-256 of the SPKI */
	unsigned char identity_hash[KEY_HASH_LEN]; /* who asked: see struct identity */
	enum est_operation operation;              /* EST_OPERATION_COUNT: an operator issued it */
	int64_t renews_id;                         /* the certificate that it renews, or 0 */
	int64_t renewed_by_id;                     /* the newest that renewed it, or 0 */
	int64_t revoked_at; /* 0: not revoked; in the future: from then on (RENEW_OLD_REVOKED_LATER)
			     */
	enum revocation_reason revocation_reason;
	int64_t invalidity_date; /* 0: unsaid */
	char *peer;              /* address that asked, text */
	char *requested_by;      /* who: "passphrase", subject of the authenticating certificate,
				    operator's name */
	char *request_id;
	unsigned char *der; /* the certificate, or for an intent the TBSCertificate; owned */
	size_t der_len;
};

void certificate_done(struct certificate *certificate);
/* Until when it is believed: its end, or its revocation where that comes earlier; 0 where it never
 * was issued. */
int64_t certificate_holds_until(const struct certificate *certificate);
const char *certificate_state_text(enum certificate_state state);
const char *certificate_purpose_text(enum certificate_purpose purpose);
