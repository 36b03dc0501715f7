/* What lies between ca_prepare() and ca_sign(); nobody else looks inside. */
#pragma once

#include "ca/ca.h"

struct issuance {
	struct certificate record; /* state intent, der still empty */
	struct buffer tbs;
	enum signature_algorithm algorithm;
	const struct public_key *issuer_key; /* the issuer's, or own_key */
	struct public_key *own_key;          /* of a self-signed certificate; owned */
};
