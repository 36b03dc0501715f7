/* Name constraints (RFC 5280 4.2.1.10): what a CA may certify, held against the names of a
 * certificate below it. */
#pragma once

#include "pki/cert.h"

/* Work for one path, in comparisons of two short texts; a directory name counts for several. */
#define NAME_CONSTRAINTS_WORK_MAX 8192

/* The names of a certificate that is, or is about to be. Views. */
struct certified_names {
	const struct name *subject;
	struct bytes subject_der;
	const struct extension *san; /* NULL: none */
	bool san_is_unreadable;
	bool is_ca;
};

/* Every name of `cert` (subject, its e-mail addresses, SAN, and for an end entity without DNS names
 * the common names that look like one) must stand under what `ca` permits and outside what it
 * excludes. Constraints and names that cannot be compared are refused, and so is more work than
 * *work, which is drawn down. REASON_CLIENT_CERT_INVALID. */
MUST_CHECK bool name_constraints_check(const struct cert *ca, const struct cert *cert,
				       unsigned int *work, struct error *err);
/* The same for names that no certificate carries yet: what a CA must not sign (CRT-07). */
MUST_CHECK bool name_constraints_check_names(const struct cert *ca,
					     const struct certified_names *certified,
					     unsigned int *work, struct error *err);
