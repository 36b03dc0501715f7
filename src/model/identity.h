/* Who is asking, as ra/authenticate.c found it. Values; nothing else makes them. */
#pragma once

#include "model/catalog.h"
#include "model/certificate.h"
#include "model/device.h"

enum identity_kind {
	IDENTITY_NONE,
	IDENTITY_OWN,         /* a certificate that a CA of this account issued */
	IDENTITY_THIRD_PARTY, /* a manufacturer's or other third party's */
	IDENTITY_RA,          /* an RA certificate of this account */
	IDENTITY_PASSPHRASE,
	IDENTITY_NOBODY, /* no credential at all: only to wait for an operator's decision */
	IDENTITY_CODE,   /* a device's enrollment code, without a certificate */
};
const char *
identity_kind_text(enum identity_kind kind); /* "own-certificate", "third-party-certificate", "ra",
						"passphrase", "nobody", "device-code", "none" */

/* What the TLS certificate amounts to. `failure.reason` is REASON_NONE when its chain ends in an
 * anchor and its usage fits; expiry and revocation are separate facts. */
struct certificate_finding {
	bool offered;
	struct error failure;
	enum identity_kind kind; /* OWN, THIRD_PARTY or RA */
	const struct cert *cert;
	const struct anchor *anchor;
	const struct certificate *record; /* for OWN and RA: ours in the store */
	const struct ra_scope *scope;     /* for RA */
};

struct passphrase_finding {
	bool offered;
	struct error failure; /* REASON_NONE: it is right */
};

/* What a device's enrollment code amounts to. `failure` is REASON_NONE when it is right and has a
 * use left; a right one that has none, or whose time is over, is named all the same. */
struct code_finding {
	bool offered;
	struct error failure;
	int64_t id;        /* of the code that was given; 0: none matches */
	int64_t device_id; /* whose it is; 0: nobody's in particular */
};

/* Who of the profile's registered devices is asking, by each proof; NULL: none. */
struct device_finding {
	const struct device *by_certificate; /* for an RA: the device that it speaks for */
	const struct device *by_code;
};
