/* Reads CertificateList (RFC 5280 5.1): what one of our CAs once said is revoked. */
#pragma once

#include "pki/crl.h"

/* Views are borrowed from the bytes. */
struct crl_list {
	struct bytes tbs, issuer, signature;
	enum signature_algorithm algorithm; /* SIGN_COUNT: unknown or weak */
	int64_t this_update;
	struct bytes entries; /* for crl_list_next(); empty where nothing is listed */
};

/* REASON_IMPORT_MALFORMED. The signature is the caller's to verify. */
MUST_CHECK bool crl_list_parse(struct bytes der, struct crl_list *ret, struct error *err);
/* Takes the first of the entries; not to be called where there are none. An entry that says what
 * nothing here understands, and wants it understood (RFC 5280 5.3), is REASON_IMPORT_MALFORMED. */
MUST_CHECK bool crl_list_next(struct bytes *entries, struct crl_entry *ret, struct error *err);
