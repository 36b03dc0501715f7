/* The certification request (RFC 2986) of a CA of ours, for a CA elsewhere to sign. */
#pragma once

#include "ca/signer.h"
#include "pki/extension.h"

struct ca_csr {
	struct bytes subject; /* DER Name */
	const struct public_key *key;
	struct bytes key_id; /* by which what it signed knows it; empty: nothing is asked */
	int path_len;        /* that is asked for; -1: none */
	struct bytes name_constraints; /* DER; empty: none */
};

/* Appends the DER, signed with the key of that name. */
MUST_CHECK bool ca_csr_sign(struct signer *signer, const char *key_name, const struct ca_csr *csr,
			    struct buffer *ret, struct error *err);
