/* Names as a profile's rules make them: built from the rules, never copied whole from a request
 * (OpenSSL-made CSRs carry anything). A value is taken as it stands, whatever characters it holds:
 * there is nothing that it could be a template of (CS-34). */
#pragma once

#include "model/profile.h"
#include "pki/cert.h"

/* Whence names come. */
struct naming {
	const struct profile *profile;
	const struct name *subject; /* as asked for */
	const struct san *san;
	/* what the device authenticated with, or what is being renewed; NULL when there is none */
	const struct cert *client;
	bool by_ra;  /* an RA asks, so what it asks for is its word */
	bool renews; /* `client` has the names already: they are read where rules once put them */
};

/* The subject to issue. REASON_SUBJECT_RULE. *ret is set on success only. */
MUST_CHECK bool subject_build(const struct naming *naming, struct name *ret, struct error *err);
/* REASON_SAN_RULE. */
MUST_CHECK bool san_build(const struct naming *naming, struct san *ret, struct error *err);
/* A certificate names its holder somewhere (RFC 5280 4.1.2.6); REASON_SUBJECT_RULE. */
MUST_CHECK bool names_check_present(const struct name *subject, const struct san *san,
				    struct error *err);

/* The one value that `from` (not ORIGIN_SAME) means in the client's certificate, appended to *ret.
 * False with the words why there is none in *err; the reason is for the caller to name. */
MUST_CHECK bool origin_read(struct origin from, const struct cert *client, struct buffer *ret,
			    struct error *err);

MUST_CHECK bool san_copy(const struct san *from, struct san *ret, struct error *err);

/* The asterisk is the whole left-most label, and two labels or more follow (RFC 6125 6.4.3). */
bool wildcard_is_well_formed(const char *dns_name);
