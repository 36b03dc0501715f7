/* Writes CertificateList (RFC 5280 5): complete CRLs and deltas, of one issuer, for all reasons. */
#pragma once

#include "pki/key.h"

#define CRL_REASON_UNSPECIFIED 0
#define CRL_REASON_REMOVE 8 /* removeFromCRL: only in a delta */

/* One line of the list. Views are borrowed. */
struct crl_entry {
	struct bytes serial;     /* contents octets */
	int64_t date;            /* seconds: revoked or, for CRL_REASON_REMOVE, released */
	int reason;              /* of RFC 5280 5.3.1; CRL_REASON_UNSPECIFIED is left out */
	int64_t invalidity_date; /* 0: unsaid */
};

struct crl_head {
	enum signature_algorithm signature_algorithm;
	struct bytes issuer; /* DER Name */
	struct bytes authority_key_id;
	int64_t this_update, next_update;
	int64_t number;
	int64_t base_number; /* -1: a complete CRL */
	const char
		*freshest_uri; /* of a complete one: where its deltas are; NULL: there are none */
};

/* Appends one entry; *to grows, and tells at its end whether memory was enough. */
void crl_entry_encode(const struct crl_entry *entry, struct buffer *to);
/* Appends the TBSCertList over entries that were written so, of which there may be none. The signed
 * CRL is made by tbs_sign_result(): it has a certificate's outer form. */
MUST_CHECK bool crl_tbs_encode(const struct crl_head *head, struct bytes entries,
			       struct buffer *ret, struct error *err);
