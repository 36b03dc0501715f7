/* Names as a profile's rules make them: built from the rules, never copied whole from a request
 * (OpenSSL-made CSRs carry anything). */
#pragma once

#include "model/profile.h"

/* The subject to issue for `asked`. `client` is the subject of the certificate that the device
 * authenticated with, NULL when there is none. REASON_SUBJECT_RULE. *ret is set on success only. */
MUST_CHECK bool subject_build(const struct profile *profile, const struct name *asked,
			      const struct name *client, struct name *ret, struct error *err);
/* REASON_SAN_RULE. */
MUST_CHECK bool san_build(const struct profile *profile, const struct san *asked, struct san *ret,
			  struct error *err);
/* A certificate names its holder somewhere (RFC 5280 4.1.2.6); REASON_SUBJECT_RULE. */
MUST_CHECK bool names_check_present(const struct name *subject, const struct san *san,
				    struct error *err);

MUST_CHECK bool san_copy(const struct san *from, struct san *ret, struct error *err);

/* The asterisk is the whole left-most label, and two labels or more follow (RFC 6125 6.4.3). */
bool wildcard_is_well_formed(const char *dns_name);
