/* The key of an RA certificate to be, and what its operator is handed for it. */
#pragma once

#include "manage/verb.h"
#include "model/certificate.h"
#include "pki/csr.h"
#include "pki/key.h"

/* Where the key comes from: a CSR, whose key we never see, or one made here. */
struct ra_key {
	struct csr *csr;
	struct private_key *private_key;
	struct public_key *generated;
};

/* Of params.csr, or made as params.key says and to be sealed with params.passphrase. ra_key_done()
 * is the caller's, also after a failure. */
MUST_CHECK bool ra_key_obtain(const struct call *call, struct ra_key *ret, struct error *err);
void ra_key_done(struct ra_key *key);
const struct public_key *ra_key_public(const struct ra_key *key);

/* {"name", "profiles", "certificate", "pem", "chain", "warnings"}, and "p12" where the key was made
 * here. */
struct ra_handover {
	const struct certificate *leaf;
	const struct ca *ca; /* that issued it */
	const struct ra_scope *scope;
	const struct catalog *catalog;
};
MUST_CHECK bool ra_key_hand_over(const struct call *call, const struct ra_key *key,
				 const struct ra_handover *handover, json_t **ret,
				 struct error *err);
